#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/time.h"
#include "media/types.h"

namespace ringwall::media {

/// The way of a leg's audio from its media thread to the recording writer: a ring of frames with one thread at each
/// end. Neither end waits, locks or allocates; a frame that finds the ring full is dropped and counted, and the audio
/// of the call knows nothing of it.
class RecordingTap {
 public:
  enum class Side : std::uint8_t { received, sent };  ///< of the leg: from the peer, to the peer

  /// An RTP payload, as the leg received it or was about to encrypt it.
  struct Frame {
    Side side = Side::received;
    Codec codec = Codec::pcmu;
    std::uint32_t ssrc = 0, timestamp = 0;
    Time at{};  ///< when the leg had it
    std::span<const std::uint8_t> payload;
  };

  /// `bytes` is a power of two and holds more than one frame of limits::rtp_packet_bytes.
  explicit RecordingTap(std::size_t bytes);

  /// The leg's end.
  void push(Side side, Codec codec, std::uint32_t ssrc, std::uint32_t timestamp, std::span<const std::uint8_t> payload,
            Time now);

  /// The writer's end: the oldest frame, valid until release(); nothing if there is none.
  [[nodiscard]] std::optional<Frame> front();
  void release();
  /// From now on nothing is taken. Any thread.
  void close() { closed_.store(true, std::memory_order_relaxed); }
  /// Frames that found the ring full. Any thread.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Head;
  [[nodiscard]] std::size_t left_before_end(std::uint64_t position) const { return size_ - (position & (size_ - 1)); }

  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> ring_;
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::uint64_t seen_read_ = 0;  // the leg's last look at read_
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::uint64_t front_end_ = 0;  // where the frame that front() gave ends
  alignas(64) std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace ringwall::media
