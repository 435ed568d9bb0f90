#include "media/record/container_reader.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"

namespace ringwall::media {
namespace {

constexpr std::size_t most_damages_named = 100;
constexpr std::size_t smallest_chunk = recording::frame_bytes + recording::tag_bytes;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::size_t following(Bytes chunk) {
  return std::size_t{chunk[1]} << 16 | std::size_t{chunk[2]} << 8 | chunk[3];
}

}  // namespace

Result<RecordingHead> parse_recording_head(Bytes bytes) {
  if (bytes.size() < recording::chunks_at)
    return fail("the file is shorter than the header of a recording", {}, "it is lost: nothing was written behind it");
  RecordingHead out;
  TRY(out.header, parse_recording_header(bytes.first(recording::header_bytes)));
  std::ranges::copy(bytes.first(recording::header_bytes), out.header_bytes.begin());
  for (std::size_t i = 0; i < out.slots.size(); ++i)
    out.slots[i] = parse_key_slot(bytes.subspan(recording::slot_at[i], recording::slot_bytes));
  return out;
}

Result<Secret> open_recording_key(const RecordingHead& head, const FindSiteKey& find) {
  const KeySlot& slot = head.slot();
  if (slot.state == KeySlot::State::erased)
    return fail(fmt::format(
        "the recording was erased at {}",
        print_wall_time(WallTime(std::chrono::seconds(std::min<std::uint64_t>(slot.erased_at, 253'402'300'799))))));
  if (slot.state == KeySlot::State::empty)
    return fail("the recording has no key: both key slots are damaged", {}, "take the file from a backup");
  const auto site_key = find(slot.site_key);
  if (!site_key)
    return fail(fmt::format("the site key {} is not there", print_hex(slot.site_key)), {},
                "put its file back into pki/recording/");
  auto key = crypto::unwrap_key(*site_key, slot.wrapped);
  if (!key)
    return fail(fmt::format("the site key {} does not open it", print_hex(slot.site_key)), {},
                "the key file or the recording was changed: take it from a backup");
  return std::move(*key);
}

ContainerReader::ContainerReader(const RecordingHead& head, const Secret& key)
    : header_(head.header_bytes), cipher_(key.reveal(), crypto::AesGcm::Direction::open) {}

/// The plain text of a chunk if it is authentic at this place.
std::optional<Bytes> ContainerReader::open(Bytes chunk, recording::ChunkType type) {
  plain_ = to_buffer(chunk.subspan(recording::frame_bytes));
  const MutableBytes text = MutableBytes(plain_).first(plain_.size() - recording::tag_bytes);
  if (!cipher_.open(chunk_nonce(next_, type), header_, chunk.first(recording::frame_bytes), text,
                    plain_.data() + text.size()))
    return std::nullopt;
  return text;
}

ContainerReader::Chunk ContainerReader::damaged(std::size_t size, std::string why) {
  consumed_ = size;
  return Damaged{next_++, std::move(why)};
}

ContainerReader::Chunk ContainerReader::read(Bytes bytes) {
  consumed_ = bytes.size();
  if (bytes.empty()) return Nothing{};
  if (next_ == 0) return read_labels(bytes);
  if (bytes[0] == static_cast<std::uint8_t>(recording::ChunkType::end)) return read_end(bytes);
  return read_audio(bytes);
}

ContainerReader::Chunk ContainerReader::read_labels(Bytes bytes) {
  if (bytes.size() < recording::labels_chunk_bytes) return Torn{next_};
  bytes = bytes.first(recording::labels_chunk_bytes);
  const auto plain = open(bytes, recording::ChunkType::labels);
  auto labels = plain ? parse_labels(*plain) : std::nullopt;
  if (!labels) return damaged(bytes.size(), "the labels were changed, or belong to another recording");
  ++next_;
  consumed_ = bytes.size();
  return std::move(*labels);
}

ContainerReader::Chunk ContainerReader::read_audio(Bytes bytes) {
  if (bytes.size() < recording::audio_chunk_bytes) return Torn{next_};
  bytes = bytes.first(recording::audio_chunk_bytes);
  const auto plain = open(bytes, recording::ChunkType::audio);
  auto chunk = plain ? parse_audio(*plain) : std::nullopt;
  if (!chunk) return damaged(bytes.size(), "it was changed, moved, or belongs to another recording");
  ++next_;
  consumed_ = bytes.size();
  return std::move(*chunk);
}

/// The end is the last of the file. What only looks like one is an audio chunk whose first byte was changed.
ContainerReader::Chunk ContainerReader::read_end(Bytes bytes) {
  if (bytes.size() < recording::frame_bytes) return Torn{next_};
  const std::size_t size = recording::frame_bytes + following(bytes);
  if (size > bytes.size() && size <= recording::largest_chunk_bytes) return Torn{next_};
  const auto plain = size >= smallest_chunk && size <= bytes.size() ? open(bytes.first(size), recording::ChunkType::end)
                                                                    : std::nullopt;
  auto end = plain ? parse_end(*plain) : std::nullopt;
  if (!end) return damaged(std::min(bytes.size(), recording::audio_chunk_bytes), "it was changed or moved");
  if (size < bytes.size()) return damaged(bytes.size(), "there are bytes behind the end of the recording");
  ++next_;
  return std::move(*end);
}

std::string_view print(RecordingSummary::State state) {
  switch (state) {
    case RecordingSummary::State::whole:
      return "whole";
    case RecordingSummary::State::incomplete:
      return "incomplete";
    case RecordingSummary::State::damaged:
      return "damaged";
  }
  return "";
}

void RecordingSummary::add_damage(ContainerReader::Damaged damage) {
  state = State::damaged;
  if (damaged.size() < most_damages_named) damaged.push_back(std::move(damage));
}

/// The index at the end must say what the chunks said.
void RecordingSummary::finish(const RecordingEnd& said) {
  end = said;
  if (state == State::damaged) return;
  state = State::whole;
  if (said.samples != samples || said.masks != masks)
    add_damage({places_ + 1, "the index at the end does not agree with the chunks"});
}

void RecordingSummary::add(const ContainerReader::Chunk& chunk) {
  std::visit(Overloaded{[](const ContainerReader::Nothing&) {}, [](const ContainerReader::Torn&) {},
                        [&](const RecordingLabels& found) { labels = found; },
                        [&](const ContainerReader::Damaged& damage) {
                          if (damage.chunk > 0) ++places_;
                          add_damage(damage);
                        },
                        [&](const AudioChunk& audio) {
                          if (short_chunk_) add_damage({places_, "it is shorter than half a second and not the last"});
                          short_chunk_ = audio.samples < recording::chunk_samples;
                          append_masks(masks, audio.masks, places_ * recording::chunk_samples);
                          samples = places_ * recording::chunk_samples + audio.samples;
                          ++chunks;
                          ++places_;
                        },
                        [&](const RecordingEnd& said) { finish(said); }},
             chunk);
}

}  // namespace ringwall::media
