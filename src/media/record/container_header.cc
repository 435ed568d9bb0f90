#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/digest.h"
#include "media/record/container.h"

namespace ringwall::media {
namespace {

constexpr std::string_view magic = "RWREC\x01\r\n";  // the line end shows what a transfer as text has done
constexpr std::size_t longest_interaction = 64;
constexpr std::uint8_t coding_pcmu = 0;
constexpr std::size_t check_bytes = 8;

std::uint64_t rank(const KeySlot& slot) {
  if (slot.state == KeySlot::State::empty) return 0;
  if (slot.state == KeySlot::State::erased) return ~std::uint64_t{0};
  return std::uint64_t{slot.generation} + 1;
}

}  // namespace

std::array<std::uint8_t, recording::header_bytes> print_recording_header(const RecordingHeader& header) {
  ByteWriter out;
  out.text(magic);
  out.bytes(header.id);
  out.u64(header.started_ms);
  out.u32(recording::rate);
  out.u8(recording::channels);
  out.u8(coding_pcmu);
  out.u16(recording::chunk_samples);
  const std::size_t size = std::min(header.interaction.size(), longest_interaction);
  out.u8(static_cast<std::uint8_t>(size));
  out.text(std::string_view(header.interaction).substr(0, size));
  std::array<std::uint8_t, recording::header_bytes> bytes{};
  std::ranges::copy(out.buffer(), bytes.begin());
  return bytes;
}

Result<RecordingHeader> parse_recording_header(Bytes bytes) {
  ByteReader in(bytes);
  RecordingHeader out;
  if (as_text(in.take(magic.size())) != magic)
    return fail("this is no recording of Ringwall", {}, "name a file of the recordings folder");
  const Bytes id = in.take(out.id.size());
  if (in.ok()) std::ranges::copy(id, out.id.begin());
  out.started_ms = in.u64();
  const bool known = in.u32() == recording::rate && in.u8() == recording::channels && in.u8() == coding_pcmu &&
                     in.u16() == recording::chunk_samples;
  const std::size_t size = in.u8();
  const std::string_view interaction = as_text(in.take(size));
  if (!in.ok() || !known || size > longest_interaction || bytes.size() < recording::header_bytes ||
      !std::ranges::all_of(interaction, [](char c) { return c > ' ' && c < 0x7f; }))
    return fail("the header of the recording is damaged, or of another version");
  if (!std::ranges::all_of(in.take(recording::header_bytes - in.position()), [](auto byte) { return byte == 0; }))
    return fail("the header of the recording is damaged");
  out.interaction = interaction;
  return out;
}

std::array<std::uint8_t, recording::slot_bytes> print_key_slot(const KeySlot& slot) {
  std::array<std::uint8_t, recording::slot_bytes> bytes{};
  if (slot.state == KeySlot::State::empty) return bytes;
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(slot.state));
  out.u24(0);
  out.u32(slot.generation);
  out.bytes(slot.site_key);
  out.bytes(slot.wrapped);
  out.u64(slot.erased_at);
  const auto digest = crypto::sha256(out.buffer());
  out.bytes(Bytes(digest).first(check_bytes));
  CHECK(out.size() == bytes.size());
  std::ranges::copy(out.buffer(), bytes.begin());
  return bytes;
}

KeySlot parse_key_slot(Bytes bytes) {
  if (bytes.size() < recording::slot_bytes) return {};
  ByteReader in(bytes);
  KeySlot out;
  const std::uint8_t state = in.u8();
  const std::uint32_t zeros = in.u24();
  out.generation = in.u32();
  std::ranges::copy(in.take(out.site_key.size()), out.site_key.begin());
  std::ranges::copy(in.take(out.wrapped.size()), out.wrapped.begin());
  out.erased_at = in.u64();
  const auto digest = crypto::sha256(bytes.first(in.position()));
  const bool whole = std::ranges::equal(in.take(check_bytes), Bytes(digest).first(check_bytes));
  if (!whole || zeros != 0 || state == 0 || state > static_cast<std::uint8_t>(KeySlot::State::erased)) return {};
  out.state = static_cast<KeySlot::State>(state);
  return out;
}

std::size_t choose_slot(const std::array<KeySlot, 2>& slots) {
  return rank(slots[1]) > rank(slots[0]) ? 1 : 0;
}

}  // namespace ringwall::media
