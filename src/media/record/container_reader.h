#pragma once

#include <functional>
#include <variant>

#include "crypto/srtp_cipher.h"
#include "media/record/container.h"

namespace ringwall::media {

/// The first recording::chunks_at bytes of a file, read without any key.
struct RecordingHead {
  RecordingHeader header;
  std::array<std::uint8_t, recording::header_bytes> header_bytes{};
  std::array<KeySlot, 2> slots;
  [[nodiscard]] const KeySlot& slot() const { return slots[choose_slot(slots)]; }
};
Result<RecordingHead> parse_recording_head(Bytes bytes);

/// The site key of that name, or nothing.
using FindSiteKey = std::function<std::optional<Secret>(const crypto::WrappingKey::Id&)>;
/// The recording's own key. The error says whether it was erased, its site key is not there, or does not fit.
Result<Secret> open_recording_key(const RecordingHead& head, const FindSiteKey& find);

/// Reads the chunks of a recording one after the other, sans I/O. Nothing is believed that does not authenticate at its
/// place: a chunk that was changed, moved, left out, or taken from another recording is `Damaged`.
class ContainerReader {
 public:
  /// `chunk` counts from 0: the labels; audio begins at 1.
  struct Damaged {
    std::uint64_t chunk = 0;
    std::string why;
  };
  struct Torn {  ///< the last chunk is not whole: the writer was stopped in it
    std::uint64_t chunk = 0;
  };
  struct Nothing {};  ///< no byte is left
  using Chunk = std::variant<Nothing, RecordingLabels, AudioChunk, RecordingEnd, Damaged, Torn>;

  ContainerReader(const RecordingHead& head, const Secret& key);

  /// How many bytes read() wants to see: so many, or all that are left in the file.
  static constexpr std::size_t window = recording::largest_chunk_bytes;
  /// Reads the chunk at the beginning of `bytes` and sets consumed().
  Chunk read(Bytes bytes);
  [[nodiscard]] std::size_t consumed() const { return consumed_; }

 private:
  std::optional<Bytes> open(Bytes chunk, recording::ChunkType type);
  Chunk read_labels(Bytes bytes);
  Chunk read_audio(Bytes bytes);
  Chunk read_end(Bytes bytes);
  Chunk damaged(std::size_t size, std::string why);

  std::array<std::uint8_t, recording::header_bytes> header_;
  crypto::AesGcm cipher_;
  std::uint64_t next_ = 0;
  std::size_t consumed_ = 0;
  Buffer plain_;
};

/// What is known of a recording after some of its chunks, or all.
struct RecordingSummary {
  enum class State : std::uint8_t { whole, incomplete, damaged };
  State state = State::incomplete;
  RecordingLabels labels;
  std::uint64_t chunks = 0;   ///< of audio, whole
  std::uint64_t samples = 0;  ///< of each channel
  std::vector<RecordingMask> masks;
  std::vector<ContainerReader::Damaged> damaged;  ///< at most 100
  std::optional<RecordingEnd> end;                ///< nothing: incomplete

  /// Takes in the next chunk.
  void add(const ContainerReader::Chunk& chunk);

 private:
  void add_damage(ContainerReader::Damaged damage);
  void finish(const RecordingEnd& said);
  std::uint64_t places_ = 0;  // audio chunks so far, the damaged ones too
  bool short_chunk_ = false;
};
std::string_view print(RecordingSummary::State state);

}  // namespace ringwall::media
