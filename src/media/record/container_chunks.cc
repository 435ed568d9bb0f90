// The plain texts of the chunks.
#include <algorithm>

#include "base/check.h"
#include "media/record/container.h"

namespace ringwall::media {
namespace {

constexpr auto last_reason = RecordingEnd::Reason::too_long;

/// Ascending, none empty, none touching the next.
template <class Mask, class Sample>
bool in_order(const std::vector<Mask>& masks, Sample end) {
  Sample before = 0;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (masks[i].from >= masks[i].to || masks[i].to > end || (i > 0 && masks[i].from <= before)) return false;
    before = masks[i].to;
  }
  return true;
}

bool all_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::array<std::uint8_t, 12> chunk_nonce(std::uint64_t number, recording::ChunkType type) {
  std::array<std::uint8_t, 12> out{};
  for (std::size_t i = 0; i < 8; ++i)
    out[3 + i] = static_cast<std::uint8_t>(number >> (8 * (7 - i)));
  out[11] = type == recording::ChunkType::end ? 1 : 0;
  return out;
}

Buffer print_labels(const RecordingLabels& labels) {
  ByteWriter out;
  for (const auto& [name, value] : labels) {
    if (name.empty() || name.size() > 255 || value.size() > 0xffff) continue;
    if (out.size() + 3 + name.size() + value.size() > limits::recording_label_bytes) continue;
    out.u8(static_cast<std::uint8_t>(name.size()));
    out.text(name);
    out.u16(static_cast<std::uint16_t>(value.size()));
    out.text(value);
  }
  Buffer plain = out.take();
  plain.resize(limits::recording_label_bytes);
  return plain;
}

std::optional<RecordingLabels> parse_labels(Bytes plain) {
  if (plain.size() != limits::recording_label_bytes) return std::nullopt;
  ByteReader in(plain);
  RecordingLabels out;
  while (in.remaining() > 0) {
    const std::size_t size = in.u8();
    if (size == 0) break;
    std::string name(as_text(in.take(size)));
    std::string value(as_text(in.take(in.u16())));
    if (!in.ok()) return std::nullopt;
    out.emplace_back(std::move(name), std::move(value));
  }
  if (!all_zero(in.rest())) return std::nullopt;
  return out;
}

void print_audio(const AudioChunk& chunk, MutableBytes out) {
  CHECK(out.size() == recording::audio_plain_bytes && chunk.masks.size() <= recording::masks_per_chunk);
  ByteWriter head;
  head.u16(chunk.samples);
  head.u16(static_cast<std::uint16_t>(chunk.masks.size()));
  for (const ChunkMask& mask : chunk.masks) {
    head.u16(mask.from);
    head.u16(mask.to);
  }
  std::ranges::fill(out, std::uint8_t{0});
  auto at = std::ranges::copy(head.buffer(), out.begin()).out;
  at = out.begin() + 4 + 4 * recording::masks_per_chunk;
  for (const auto& channel : chunk.audio)
    at = std::ranges::copy(channel, at).out;
}

std::optional<AudioChunk> parse_audio(Bytes plain) {
  if (plain.size() != recording::audio_plain_bytes) return std::nullopt;
  ByteReader in(plain);
  std::optional<AudioChunk> out(std::in_place);
  out->samples = in.u16();
  const std::size_t masks = in.u16();
  if (out->samples > recording::chunk_samples || masks > recording::masks_per_chunk) return std::nullopt;
  for (std::size_t i = 0; i < masks; ++i) {
    const std::uint16_t from = in.u16(), to = in.u16();
    out->masks.push_back({from, to});
  }
  if (!all_zero(in.take(4 * (recording::masks_per_chunk - masks)))) return std::nullopt;
  if (!in_order(out->masks, out->samples)) return std::nullopt;
  for (auto& channel : out->audio)
    std::ranges::copy(in.take(channel.size()), channel.begin());
  return out;
}

std::string_view print(RecordingEnd::Reason reason) {
  switch (reason) {
    case RecordingEnd::Reason::call_over:
      return "call-over";
    case RecordingEnd::Reason::stopped:
      return "stopped";
    case RecordingEnd::Reason::disk_full:
      return "disk-full";
    case RecordingEnd::Reason::too_long:
      return "too-long";
  }
  return "";
}

Buffer print_end(const RecordingEnd& end) {
  CHECK(end.masks.size() <= limits::recording_masks);
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(end.reason));
  out.u24(0);
  out.u64(end.samples);
  out.u64(end.frames_dropped);
  out.u32(static_cast<std::uint32_t>(end.masks.size()));
  CHECK(out.size() == recording::end_fixed_bytes);
  for (const RecordingMask& mask : end.masks) {
    out.u64(mask.from);
    out.u64(mask.to);
  }
  return out.take();
}

std::optional<RecordingEnd> parse_end(Bytes plain) {
  ByteReader in(plain);
  RecordingEnd out;
  const std::uint8_t reason = in.u8();
  const std::uint32_t zeros = in.u24();
  out.samples = in.u64();
  out.frames_dropped = in.u64();
  const std::size_t masks = in.u32();
  if (!in.ok() || zeros != 0 || reason > static_cast<std::uint8_t>(last_reason)) return std::nullopt;
  if (masks > limits::recording_masks || in.remaining() != 16 * masks) return std::nullopt;
  out.reason = static_cast<RecordingEnd::Reason>(reason);
  for (std::size_t i = 0; i < masks; ++i) {
    const std::uint64_t from = in.u64(), to = in.u64();
    out.masks.push_back({from, to});
  }
  if (!in_order(out.masks, out.samples)) return std::nullopt;
  return out;
}

void append_masks(std::vector<RecordingMask>& masks, const std::vector<ChunkMask>& more, std::uint64_t from) {
  for (const ChunkMask& mask : more) {
    if (!masks.empty() && masks.back().to == from + mask.from)
      masks.back().to = from + mask.to;
    else
      masks.push_back({from + mask.from, from + mask.to});
  }
}

}  // namespace ringwall::media
