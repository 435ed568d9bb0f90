#include "media/record/container_writer.h"

#include <algorithm>

#include "base/check.h"

namespace ringwall::media {

ContainerWriter::ContainerWriter(const RecordingHeader& header, const Secret& key)
    : header_(print_recording_header(header)),
      cipher_(key.reveal(), crypto::AesGcm::Direction::seal),
      chunk_(recording::audio_chunk_bytes) {
  CHECK(key.size() == crypto::WrappingKey::bytes);
}

/// `chunk` holds the plain text at its place; type, length, tag and encryption are done here.
void ContainerWriter::seal(recording::ChunkType type, MutableBytes chunk) {
  const std::size_t following = chunk.size() - recording::frame_bytes;
  chunk[0] = static_cast<std::uint8_t>(type);
  for (std::size_t i = 0; i < 3; ++i)
    chunk[1 + i] = static_cast<std::uint8_t>(following >> (8 * (2 - i)));
  const MutableBytes text = chunk.subspan(recording::frame_bytes, following - recording::tag_bytes);
  cipher_.seal(chunk_nonce(next_++, type), header_, chunk.first(recording::frame_bytes), text,
               chunk.last(recording::tag_bytes).data());
}

Buffer ContainerWriter::begin(const crypto::WrappingKey& site_key, const Secret& key, const RecordingLabels& labels) {
  CHECK(next_ == 0);
  Buffer out(recording::chunks_at + recording::labels_chunk_bytes);
  std::ranges::copy(header_, out.begin());
  KeySlot slot{.state = KeySlot::State::key, .generation = 1, .site_key = site_key.id, .wrapped = {}};
  slot.wrapped = crypto::wrap_key(site_key.key, key);
  std::ranges::copy(print_key_slot(slot), out.begin() + recording::slot_at[0]);
  const MutableBytes chunk = MutableBytes(out).subspan(recording::chunks_at);
  std::ranges::copy(print_labels(labels), chunk.begin() + recording::frame_bytes);
  seal(recording::ChunkType::labels, chunk);
  return out;
}

Bytes ContainerWriter::audio(const AudioChunk& chunk) {
  CHECK(next_ > 0 && !only_end_);
  print_audio(chunk, MutableBytes(chunk_).subspan(recording::frame_bytes, recording::audio_plain_bytes));
  seal(recording::ChunkType::audio, chunk_);
  return chunk_;
}

void ContainerWriter::forget_last() {
  CHECK(next_ > 1);
  --next_;
  only_end_ = true;
}

Buffer ContainerWriter::end(const RecordingEnd& end) {
  CHECK(next_ > 0);
  only_end_ = true;
  const Buffer plain = print_end(end);
  Buffer out(recording::on_disk(plain.size()));
  std::ranges::copy(plain, out.begin() + recording::frame_bytes);
  seal(recording::ChunkType::end, out);
  return out;
}

}  // namespace ringwall::media
