#include "sdp/codec_choice.h"

#include "base/text.h"
#include "sdp/static_formats.h"

namespace ringwall::sdp {
namespace {

/// The static payload type of a codec, nothing if it needs a dynamic one.
std::optional<Format> static_type_of(std::string_view codec) {
  for (std::uint8_t number = 0; number < 35; ++number) {
    Format format = static_format(number);
    if (!format.encoding.empty() && equals_ignoring_case(format.encoding, codec)) return format;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Format> formats_for(std::span<const std::string> codecs) {
  std::vector<Format> out;
  std::uint8_t dynamic = offered_dtmf_payload_type + 1;
  for (const std::string& codec : codecs)
    out.push_back(static_type_of(codec).value_or(Format{dynamic++, codec, 8000, 1, {}}));
  out.push_back({offered_dtmf_payload_type, "telephone-event", 8000, 1, "0-15"});
  return out;
}

bool same_encoding(const Format& a, const Format& b) {
  return equals_ignoring_case(a.encoding, b.encoding) && a.clock_rate == b.clock_rate && a.channels == b.channels;
}

const Format* choose_codec(std::span<const Format> formats, std::span<const std::string> codecs) {
  for (const std::string& codec : codecs) {
    for (const Format& format : formats) {
      if (same_encoding(format, {0, codec, 8000, 1, {}})) return &format;
    }
  }
  return nullptr;
}

bool is_dtmf(const Format& format) {
  return same_encoding(format, {0, "telephone-event", 8000, 1, {}});
}

const Format* find_dtmf(std::span<const Format> formats) {
  for (const Format& format : formats) {
    if (is_dtmf(format)) return &format;
  }
  return nullptr;
}

}  // namespace ringwall::sdp
