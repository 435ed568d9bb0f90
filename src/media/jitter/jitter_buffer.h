#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/time.h"
#include "media/jitter/delay_estimate.h"
#include "media/rtp/rtp_packet.h"

namespace ringwall::media {

/// Brings one RTP stream's packets into order and hands them on when it is time, sans I/O. The playing position is an
/// RTP timestamp; how far it must lag behind the fastest packets is learnt from how late the others are
/// (DelayEstimate). Keeps limits::jitter_packets packets; allocates when it is made, and never again.
///
/// A packet that is missing while later ones are here is lost; when nothing is here, the position stands still and the
/// caller makes up something. What the position is behind its target is made good by leaping over pauses and losses,
/// and by the caller, who shortens or lengthens what it plays as `late_ms` says.
class JitterBuffer {
 public:
  enum class Content : std::uint8_t {
    audio,
    comfort_noise,
    other,  ///< holds a sequence number but no audio: a telephone event
  };

  JitterBuffer(std::uint32_t clock_rate, std::size_t most_payload_bytes);

  void put(const RtpHeader& header, Content content, Bytes payload, Time now);

  struct Taken {
    enum class Kind : std::uint8_t {
      audio,          ///< payload is to be decoded
      comfort_noise,  ///< payload says which noise is to be played in the pause that begins
      pause,          ///< the sender had nothing to say for `clock` units
      lost,     ///< a packet is lost: `clock` units are to be made up; payload is the one behind it, if it is here
      nothing,  ///< not begun, or run dry
    };
    Kind kind = Kind::nothing;
    Bytes payload;  ///< valid until the next put() or take()
    std::uint32_t clock = 0;
    double late_ms = 0;  ///< audio: how far the position is behind its target (negative: before it)
  };
  /// What to play next. `frame` is 20 ms in clock units: the longest pause or loss that one call hands out.
  Taken take(Time now, std::uint32_t frame);
  /// The packet that take() gave last held this many clock units of audio.
  void advance(std::uint32_t clock) { position_ += clock; }

  struct Counts {
    std::uint64_t lost = 0;  ///< packets that never came, or too late
    std::uint64_t late = 0;  ///< came after they were given up
    std::uint64_t duplicate = 0;
    std::uint64_t discarded = 0;  ///< too large, or thrown away when the stream began anew
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] double target_ms() const { return delay_.target_ms(); }
  /// How far playing is behind the fastest packets.
  [[nodiscard]] double delay_ms(Time now) const { return delay_.lateness_ms(position_, now); }

 private:
  struct Slot {
    bool used = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t size = 0;
    Content content = Content::audio;
  };
  [[nodiscard]] bool holds(std::uint16_t sequence) const;
  [[nodiscard]] Bytes bytes(std::uint16_t sequence) const;
  void release(std::uint16_t sequence);
  [[nodiscard]] bool strange(const RtpHeader& header, Content content, Time now) const;
  void restart(const RtpHeader& header);
  std::optional<Taken> take_packet(Time now, std::uint32_t frame);
  std::optional<Taken> step_over_missing(Time now, std::uint32_t frame);
  /// The clock units by which the position may leap at once, of `gap`.
  [[nodiscard]] std::uint32_t leap(std::uint32_t gap, Time now) const;

  std::uint32_t clock_rate_;
  std::size_t slot_bytes_;
  std::unique_ptr<std::uint8_t[]> storage_;
  std::array<Slot, limits::jitter_packets> slots_{};
  DelayEstimate delay_;
  bool known_ = false;    // a packet was seen
  bool playing_ = false;  // the first one's time has come
  std::size_t held_ = 0;
  std::uint32_t ssrc_ = 0;
  std::uint16_t next_ = 0;      // the sequence number that is due
  std::uint32_t position_ = 0;  // the timestamp that is due
  Counts counts_;
};

}  // namespace ringwall::media
