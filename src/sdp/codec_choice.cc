#include "sdp/codec_choice.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "sdp/static_formats.h"

namespace ringwall::sdp {
namespace {

constexpr std::uint8_t first_dynamic = offered_dtmf_payload_type + 1;
constexpr std::string_view dtmf_name = "telephone-event", dtmf_events = "0-15";
constexpr std::uint32_t telephone_clock = 8000;
/// What we ask of a sender of Opus: wideband in one channel is what we play; a constant rate tells a listener of the
/// encrypted packets nothing (RFC 6562 section 3).
constexpr std::string_view opus_parameters =
    "maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1;usedtx=0;cbr=1";

/// What a name in the configuration means; the payload type is filled in elsewhere.
Format format_of(std::string_view codec) {
  if (equals_ignoring_case(codec, "opus")) return {0, "opus", 48000, 2, std::string(opus_parameters)};
  if (equals_ignoring_case(codec, "L16")) return {0, "L16", 16000, 1, {}};
  return {0, std::string(codec), telephone_clock, 1, {}};
}

/// The static payload type of a format, nothing if it needs a dynamic one.
std::optional<std::uint8_t> static_type_of(const Format& wanted) {
  for (std::uint8_t number = 0; number < 35; ++number)
    if (same_encoding(static_format(number), wanted)) return number;
  return std::nullopt;
}

Format dtmf_format(std::uint8_t payload_type, std::uint32_t clock_rate) {
  return {payload_type, std::string(dtmf_name), clock_rate, 1, std::string(dtmf_events)};
}

/// Whether CN at 8000 Hz fits beside a codec (RFC 3389 section 4.1: the same clock rate).
bool takes_comfort_noise(const Format& codec) {
  return codec.clock_rate == telephone_clock;
}

bool names_comfort_noise(const std::string& codec) {
  return equals_ignoring_case(codec, "CN");
}

/// The value of one parameter of "a=1;b=2".
std::optional<std::string_view> parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    std::string_view one = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    while (one.starts_with(' '))
      one.remove_prefix(1);
    const auto equals = one.find('=');
    if (equals != one.npos && equals_ignoring_case(one.substr(0, equals), name)) return one.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Format> formats_for(std::span<const std::string> codecs) {
  std::vector<Format> out, events;
  std::uint8_t dynamic = first_dynamic;
  for (const std::string& codec : codecs) {
    Format format = format_of(codec);
    const auto number = static_type_of(format);
    format.payload_type = number ? *number : dynamic++;
    const bool has_events = std::ranges::find(events, format.clock_rate, &Format::clock_rate) != events.end();
    if (format.clock_rate != telephone_clock && !has_events) events.push_back(dtmf_format(0, format.clock_rate));
    out.push_back(std::move(format));
  }
  for (Format& event : events)
    event.payload_type = dynamic++;
  out.insert(out.end(), events.begin(), events.end());
  out.push_back(dtmf_format(offered_dtmf_payload_type, telephone_clock));
  return out;
}

bool same_encoding(const Format& a, const Format& b) {
  return equals_ignoring_case(a.encoding, b.encoding) && a.clock_rate == b.clock_rate && a.channels == b.channels;
}

const Format* choose_codec(std::span<const Format> formats, std::span<const std::string> codecs) {
  for (const std::string& codec : codecs) {
    if (names_comfort_noise(codec)) continue;
    for (const Format& format : formats) {
      if (same_encoding(format, format_of(codec))) return &format;
    }
  }
  return nullptr;
}

bool is_dtmf(const Format& format) {
  return equals_ignoring_case(format.encoding, dtmf_name);
}

bool is_comfort_noise(const Format& format) {
  return same_encoding(format, {0, "CN", telephone_clock, 1, {}});
}

const Format* find_dtmf(std::span<const Format> formats, std::uint32_t clock_rate) {
  const Format* found = nullptr;
  for (const Format& format : formats) {
    if (!is_dtmf(format)) continue;
    if (format.clock_rate == clock_rate) return &format;
    if (format.clock_rate == telephone_clock && found == nullptr) found = &format;
  }
  return found;
}

OpusWishes read_opus_wishes(std::string_view parameters) {
  OpusWishes out;
  out.error_correction = parameter(parameters, "useinbandfec") == "1";
  if (const auto text = parameter(parameters, "maxaveragebitrate")) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size()) out.most_bits_per_second = value;
  }
  return out;
}

namespace {

/// What both directions of an exchange conclude from the peer's formats, once the codec is known.
void take_companions(std::span<const Format> theirs, const Format& codec, bool comfort_noise, Agreed& agreed) {
  agreed.payload_type = codec.payload_type;
  if (equals_ignoring_case(codec.encoding, "opus")) agreed.opus = read_opus_wishes(codec.parameters);
  if (const Format* dtmf = find_dtmf(theirs, codec.clock_rate)) {
    agreed.dtmf_payload_type = dtmf->payload_type;
    agreed.dtmf_clock_rate = dtmf->clock_rate;
  }
  const auto noise = std::ranges::find_if(theirs, is_comfort_noise);
  if (comfort_noise && takes_comfort_noise(codec) && noise != theirs.end())
    agreed.comfort_noise_payload_type = noise->payload_type;
}

}  // namespace

Result<> answer_codecs(const MediaDescription& offered, const Local& local, MediaDescription& out, Agreed& agreed) {
  const Format* codec = choose_codec(offered.formats, local.codecs);
  if (codec == nullptr)
    return fail(fmt::format("no common codec: accepted are {}", fmt::join(local.codecs, ", ")), "SDP");
  for (const std::string& name : local.codecs) {  // in our spelling
    if (equals_ignoring_case(name, codec->encoding)) agreed.codec = name;
  }
  take_companions(offered.formats, *codec, std::ranges::any_of(local.codecs, names_comfort_noise), agreed);
  out.formats.push_back(*codec);
  out.formats.back().parameters = format_of(agreed.codec).parameters;
  for (const Format& format : offered.formats) {
    const bool dtmf = agreed.dtmf_payload_type == format.payload_type;
    if (!dtmf && agreed.comfort_noise_payload_type != format.payload_type) continue;
    out.formats.push_back(format);
    out.formats.back().parameters = dtmf ? dtmf_events : std::string_view();
  }
  return {};
}

Result<> apply_codecs(const MediaDescription& offered, const MediaDescription& answered, Agreed& agreed) {
  for (const Format& format : answered.formats) {
    if (is_dtmf(format) || is_comfort_noise(format)) continue;
    for (const Format& mine : offered.formats) {
      if (same_encoding(mine, format)) agreed.codec = mine.encoding;
    }
    take_companions(answered.formats, format, true, agreed);
    return {};
  }
  return fail("the answer holds no codec", "SDP answer");
}

}  // namespace ringwall::sdp
