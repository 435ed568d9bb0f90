#include <array>
#include <cstdlib>

#include "media/codec/comfort_noise.h"
#include "media/codec/decoder.h"

/// Payloads, each with a length byte before it, through the decoder that the first byte chooses, with losses between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  using namespace ringwall::media;
  ByteReader in(Bytes(data, size));
  const auto codec = static_cast<Codec>(in.u8() % codec_count);
  Decoder decoder(codec);
  ComfortNoiseGenerator generator;
  std::array<std::int16_t, longest_packet_samples> out;
  while (in.ok() && in.remaining() > 0) {
    const std::size_t length = in.u8();
    const Bytes payload = in.take(std::min(length, in.remaining()));
    if (decoder.decode(payload, out) > out.size()) abort();
    if (length % 3 == 0) decoder.conceal(payload, std::span(out).first(facts(codec).frame_samples()));
    if (const auto noise = parse_comfort_noise(payload)) {
      generator.set(*noise);
      generator.fill(std::span(out).first(160));
    }
  }
  return 0;
}
