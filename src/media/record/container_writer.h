#pragma once

#include "crypto/srtp_cipher.h"
#include "media/record/container.h"

namespace ringwall::media {

/// Writes a recording, sans I/O: what it returns goes to the end of the file, in the order of the calls. Call begin()
/// once, then audio() for each half second, then end() once.
class ContainerWriter {
 public:
  /// `key` is fresh and random, of 32 bytes: no other recording may have it.
  ContainerWriter(const RecordingHeader& header, const Secret& key);

  /// Header, key slots and labels. The key is wrapped by `site_key`.
  Buffer begin(const crypto::WrappingKey& site_key, const Secret& key, const RecordingLabels& labels);
  /// A view until the next call.
  Bytes audio(const AudioChunk& chunk);
  Buffer end(const RecordingEnd& end);
  /// The last audio chunk did not reach the file whole and was cut off: only end() may follow, which has a nonce of its
  /// own.
  void forget_last();
  [[nodiscard]] std::uint64_t audio_chunks() const { return next_ == 0 ? 0 : next_ - 1; }

 private:
  void seal(recording::ChunkType type, MutableBytes chunk);

  std::array<std::uint8_t, recording::header_bytes> header_;
  crypto::AesGcm cipher_;
  std::uint64_t next_ = 0;  // the next chunk's number
  bool only_end_ = false;
  Buffer chunk_;
};

}  // namespace ringwall::media
