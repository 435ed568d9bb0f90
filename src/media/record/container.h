#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "crypto/key_wrap.h"

/// The form of a recording on disk, byte by byte; docs/recording-format.md says the same for people. Pure functions.
///
///   0      header (128 bytes, never changes; associated data of every chunk), zeros
///   4096   key slot A      8192   key slot B      (in blocks of their own: one can be written while the other holds)
///   12288  chunks: labels | audio | audio | ... | end
///
/// A chunk is  type (1) | length of what follows (3) | ciphertext | tag (16):  AES-256-GCM under the recording's own
/// key, the nonce being the chunk's number (11 bytes) and a byte that is 1 for the end and 0 for all others.
namespace ringwall::media {

namespace recording {
inline constexpr std::size_t block = 4'096;
inline constexpr std::size_t header_bytes = 128;
inline constexpr std::size_t slot_bytes = 72;
inline constexpr std::array<std::size_t, 2> slot_at{block, 2 * block};
inline constexpr std::size_t chunks_at = 3 * block;

inline constexpr std::uint32_t rate = 8'000;
inline constexpr std::size_t channels = 2;
inline constexpr std::size_t chunk_samples = 4'000;  ///< of each channel: half a second
inline constexpr std::size_t masks_per_chunk = 8;
inline constexpr std::uint8_t silence = 0xff;  ///< mu-law

inline constexpr std::size_t frame_bytes = 4, tag_bytes = 16;
inline constexpr std::size_t audio_plain_bytes = 4 + 4 * masks_per_chunk + channels * chunk_samples;
inline constexpr std::size_t end_fixed_bytes = 24;
constexpr std::size_t on_disk(std::size_t plain) {
  return frame_bytes + plain + tag_bytes;
}
inline constexpr std::size_t labels_chunk_bytes = on_disk(limits::recording_label_bytes);
inline constexpr std::size_t audio_chunk_bytes = on_disk(audio_plain_bytes);
inline constexpr std::size_t largest_chunk_bytes = on_disk(end_fixed_bytes + 16 * limits::recording_masks);
inline constexpr std::uint64_t most_audio_chunks =
    static_cast<std::uint64_t>(std::chrono::seconds(limits::recording_longest).count()) * rate / chunk_samples;

enum class ChunkType : std::uint8_t { labels = 'L', audio = 'A', end = 'E' };
}  // namespace recording

/// The nonce of a chunk: its number in 11 bytes, then 1 for the end of the recording and 0 for every other chunk.
std::array<std::uint8_t, 12> chunk_nonce(std::uint64_t number, recording::ChunkType type);

/// What stands in the clear.
struct RecordingHeader {
  std::array<std::uint8_t, 16> id{};  ///< random
  std::uint64_t started_ms = 0;       ///< since 1970 UTC: the moment of the first sample
  std::string interaction;            ///< at most 64 printable characters
};
std::array<std::uint8_t, recording::header_bytes> print_recording_header(const RecordingHeader& header);
/// Fails on anything but a header of this version.
Result<RecordingHeader> parse_recording_header(Bytes bytes);

/// The recording's key, wrapped; or the note that it was destroyed.
struct KeySlot {
  enum class State : std::uint8_t { empty, key, erased };
  State state = State::empty;
  std::uint32_t generation = 0;  ///< of two keys, the higher one holds
  crypto::WrappingKey::Id site_key{};
  std::array<std::uint8_t, crypto::wrapped_key_bytes> wrapped{};
  std::uint64_t erased_at = 0;  ///< seconds since 1970 UTC
};
std::array<std::uint8_t, recording::slot_bytes> print_key_slot(const KeySlot& slot);
/// A slot that was torn while it was written, or never written, is empty.
KeySlot parse_key_slot(Bytes bytes);
/// Which of the two slots holds: erasure before any key, then the higher generation.
std::size_t choose_slot(const std::array<KeySlot, 2>& slots);

/// Names and values: the number, the trunk. What is too long for limits::recording_label_bytes is left out.
using RecordingLabels = std::vector<std::pair<std::string, std::string>>;
Buffer print_labels(const RecordingLabels& labels);
std::optional<RecordingLabels> parse_labels(Bytes plain);

/// Samples [from, to) of a stretch that is masked.
template <class Sample>
struct MaskOf {
  Sample from = 0, to = 0;
  friend bool operator==(const MaskOf&, const MaskOf&) = default;
};
using ChunkMask = MaskOf<std::uint16_t>;      ///< within a chunk
using RecordingMask = MaskOf<std::uint64_t>;  ///< within the recording

/// Half a second of both channels, mu-law; only the last one may be shorter. Masked samples are silence.
struct AudioChunk {
  std::uint16_t samples = recording::chunk_samples;
  std::vector<ChunkMask> masks;  ///< ascending, apart, at most recording::masks_per_chunk
  std::array<std::array<std::uint8_t, recording::chunk_samples>, recording::channels> audio;
};
void print_audio(const AudioChunk& chunk, MutableBytes out);  ///< recording::audio_plain_bytes of them
std::optional<AudioChunk> parse_audio(Bytes plain);

/// How a recording ended, and its index.
struct RecordingEnd {
  enum class Reason : std::uint8_t { call_over, stopped, disk_full, too_long };
  Reason reason = Reason::call_over;
  std::uint64_t samples = 0;         ///< of each channel
  std::uint64_t frames_dropped = 0;  ///< that did not reach the writer in time: silence in the recording
  std::vector<RecordingMask> masks;  ///< ascending, apart
};
std::string_view print(RecordingEnd::Reason reason);
Buffer print_end(const RecordingEnd& end);
std::optional<RecordingEnd> parse_end(Bytes plain);

/// Adds a chunk's masks, which begin at sample `from`, to those before; what touches becomes one.
void append_masks(std::vector<RecordingMask>& masks, const std::vector<ChunkMask>& more, std::uint64_t from);

}  // namespace ringwall::media
