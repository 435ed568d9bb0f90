#include "media/codec/opus.h"

#include <opus/opus.h>

#include <algorithm>

#include "base/check.h"
#include "media/codec/codec.h"

namespace ringwall::media {
namespace {

/// Between 0 and 10. 5 takes half the time of 10, and speech at 32 kbit/s gains next to nothing from the rest.
constexpr int complexity = 5;
/// What the encoder prepares for when it adds forward error correction.
constexpr int expected_loss_percent = 10;

OpusEncoder* make_encoder() {
  int error = OPUS_OK;
  OpusEncoder* const encoder = opus_encoder_create(widest_rate, 1, OPUS_APPLICATION_VOIP, &error);
  CHECK(error == OPUS_OK);
  return encoder;
}

OpusDecoder* make_decoder() {
  int error = OPUS_OK;
  OpusDecoder* const decoder = opus_decoder_create(widest_rate, 1, &error);
  CHECK(error == OPUS_OK);
  return decoder;
}

}  // namespace

OpusVoiceEncoder::OpusVoiceEncoder(const OpusOptions& options) : encoder_(make_encoder(), opus_encoder_destroy) {
  OpusEncoder* const encoder = encoder_.get();
  const int rate = static_cast<int>(std::clamp(options.bits_per_second, opus_least_bits, opus_most_bits));
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_BITRATE(rate)) == OPUS_OK);
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_VBR(options.constant_rate ? 0 : 1)) == OPUS_OK);
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(options.error_correction ? 1 : 0)) == OPUS_OK);
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(options.error_correction ? expected_loss_percent : 0)) ==
        OPUS_OK);
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_DTX(options.discontinuous ? 1 : 0)) == OPUS_OK);
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity)) == OPUS_OK);
  CHECK(opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) == OPUS_OK);
}

std::size_t OpusVoiceEncoder::encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) {
  const opus_int32 size = opus_encode(encoder_.get(), in.data(), static_cast<int>(in.size()), out.data(),
                                      static_cast<opus_int32>(out.size()));
  CHECK(size >= 0);
  return size <= 2 ? 0 : static_cast<std::size_t>(size);  // 1 or 2: nothing that must be sent
}

OpusVoiceDecoder::OpusVoiceDecoder() : decoder_(make_decoder(), opus_decoder_destroy) {}

std::size_t OpusVoiceDecoder::decode(std::span<const std::uint8_t> packet, std::span<std::int16_t> out) {
  if (packet.empty()) return 0;
  const int samples = opus_decode(decoder_.get(), packet.data(), static_cast<opus_int32>(packet.size()), out.data(),
                                  static_cast<int>(out.size()), 0);
  return samples < 0 ? 0 : static_cast<std::size_t>(samples);
}

void OpusVoiceDecoder::conceal(std::span<const std::uint8_t> next, std::span<std::int16_t> out) {
  const int samples =
      opus_decode(decoder_.get(), next.empty() ? nullptr : next.data(), static_cast<opus_int32>(next.size()),
                  out.data(), static_cast<int>(out.size()), next.empty() ? 0 : 1);
  if (samples != static_cast<int>(out.size())) std::ranges::fill(out, std::int16_t{0});
}

}  // namespace ringwall::media
