#include "media/record/wav.h"

#include <algorithm>

#include "base/limits.h"

namespace ringwall::media {
namespace {

constexpr std::string_view mend = "convert it: sox IN -r 8000 -c 1 -b 16 -e signed-integer OUT.wav";
constexpr std::uint32_t rate = 8'000;

std::uint16_t little_16(ByteReader& in) {
  const std::uint16_t big = in.u16();
  return static_cast<std::uint16_t>(big << 8 | big >> 8);
}
std::uint32_t little_32(ByteReader& in) {
  const std::uint32_t low = little_16(in);
  return low | std::uint32_t{little_16(in)} << 16;
}

/// The "fmt " chunk: PCM (1), or WAVE_FORMAT_EXTENSIBLE (0xfffe) whose sub-format begins with PCM's number.
Result<> check_format(Bytes chunk, std::string_view name) {
  ByteReader in(chunk);
  std::uint16_t format = little_16(in);
  const std::uint16_t channels = little_16(in);
  const std::uint32_t samples = little_32(in);
  in.skip(6);
  const std::uint16_t bits = little_16(in);
  if (format == 0xfffe) {
    in.skip(8);
    format = little_16(in);
  }
  const auto bad = [&](std::string what) { return fail(std::move(what), std::string(name), std::string(mend)); };
  if (!in.ok()) return bad("the format chunk of the WAV file is too short");
  if (format != 1) return bad(fmt::format("the WAV file has coding {}, not linear PCM", format));
  if (channels != 1 || samples != rate || bits != 16)
    return bad(fmt::format("the WAV file has {} channels, {} samples/s and {} bits; needed: 1, 8000 and 16", channels,
                           samples, bits));
  return {};
}

void little(ByteWriter& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    out.u8(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

Result<std::vector<std::int16_t>> parse_wav(Bytes file, std::string_view name) {
  const auto bad = [&](std::string what) { return fail(std::move(what), std::string(name), std::string(mend)); };
  ByteReader in(file);
  const Bytes riff = in.take(4);
  in.skip(4);
  if (const Bytes wave = in.take(4); !in.ok() || as_text(riff) != "RIFF" || as_text(wave) != "WAVE")
    return bad("this is no WAV file");
  bool has_format = false;
  while (in.remaining() >= 8) {
    const std::string_view id = as_text(in.take(4));
    const std::size_t said = little_32(in), size = std::min(said, in.remaining());
    const Bytes chunk = in.take(size);
    if (id == "fmt ") {
      TRY_VOID(check_format(chunk, name));
      has_format = true;
    } else if (id == "data") {
      if (!has_format) return bad("the WAV file has data before its format");
      if (size / 2 > limits::prompt_seconds * rate)
        return bad(fmt::format("the WAV file is longer than {} seconds", limits::prompt_seconds));
      std::vector<std::int16_t> samples(size / 2);
      ByteReader data(chunk);
      for (std::int16_t& sample : samples)
        sample = static_cast<std::int16_t>(little_16(data));
      return samples;
    }
    if (said % 2 != 0 && in.remaining() > 0) in.skip(1);  // chunks are padded to an even size
  }
  return bad("the WAV file holds no sound");
}

Buffer print_wav_header(std::uint32_t data_bytes, std::uint16_t channels) {
  ByteWriter out;
  out.text("RIFF");
  little(out, 36 + data_bytes, 4);
  out.text("WAVEfmt ");
  little(out, 16, 4);
  little(out, 1, 2);  // linear PCM
  little(out, channels, 2);
  little(out, rate, 4);
  little(out, rate * 2 * channels, 4);
  little(out, 2u * channels, 2);
  little(out, 16, 2);
  out.text("data");
  little(out, data_bytes, 4);
  return out.take();
}

Buffer print_wav(std::span<const std::int16_t> samples) {
  ByteWriter out;
  out.bytes(print_wav_header(static_cast<std::uint32_t>(samples.size() * 2), 1));
  for (const std::int16_t sample : samples)
    little(out, static_cast<std::uint16_t>(sample), 2);
  return out.take();
}

}  // namespace ringwall::media
