// A leg's samples: where codecs differ, where tones are digits, what is sent by the tick.
#include "media/session/leg_audio.h"

#include <algorithm>

#include "media/codec/g711.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t narrow_rate = 8'000;
/// An event that is passed on is over when its packets have stopped for this long.
constexpr auto event_gap = 50ms;
/// How often comfort noise is described anew while it lasts, and how loud it is when nobody has said: -65 dBov.
constexpr int noise_interval = 25;
constexpr std::uint8_t own_noise_level = 65;
/// What the detector of digits has heard by the time it is certain.
constexpr std::uint32_t inband_digit_ms = 40;

}  // namespace

InbandDigits::InbandDigits(std::uint32_t rate) {
  if (rate != narrow_rate) narrower_.emplace(rate, narrow_rate);
}

std::optional<char> InbandDigits::receive(std::span<const std::int16_t> frame) {
  if (!narrower_) return detector_.receive(frame);
  std::array<std::int16_t, samples_per_frame> narrow;
  narrower_->resample(frame, narrow);
  return detector_.receive(narrow);
}

/// Whether packets of `from` must be decoded for our peer. The two laws of G.711 go by a table.
bool Leg::must_convert(const Leg& from) const {
  const Codec ours = parameters_.codec, theirs = from.parameters_.codec;
  if (ours != theirs && !(is_g711(ours) && is_g711(theirs))) return true;
  return from.parameters_.comfort_noise_payload_type && !parameters_.comfort_noise_payload_type;
}

/// Makes what the present codec, partner and wishes need, and drops the rest.
void Leg::prepare_audio() {
  if (!configured_) return;
  const Codec codec = parameters_.codec;
  const bool paired = partner_ != nullptr && partner_->configured_;
  audio_.converts = paired && must_convert(*partner_);
  const bool heard_by_partner = paired && partner_->must_convert(*this);
  if (audio_.encoder && audio_.encoder->codec() != codec) audio_.encoder.reset();
  if (is_g711(codec) && !audio_.converts) audio_.encoder.reset();
  if (!audio_.encoder && (!is_g711(codec) || audio_.converts))
    audio_.encoder = std::make_unique<FrameEncoder>(codec, parameters_.opus);
  if (audio_.playout && (audio_.playout->codec() != codec || !(heard_by_partner || parameters_.detect_inband_digits)))
    audio_.playout.reset();
  if (!audio_.playout && (heard_by_partner || parameters_.detect_inband_digits))
    audio_.playout = std::make_unique<Playout>(codec);
  audio_.digits.reset();
  if (parameters_.detect_inband_digits) audio_.digits = std::make_unique<InbandDigits>(facts(codec).sample_rate);
  (void)silent_frame(codec);  // made before the first tick needs it
}

/// The clock of what we send and receive. One SSRC keeps one clock rate (RFC 7160 section 4.1).
void Leg::set_clock_rate() {
  const std::uint32_t rate = facts(parameters_.codec).clock_rate;
  if (rate != sequencer_.clock_rate() && sent_.packets > 0) sequencer_.change_ssrc(random());
  sequencer_.set_clock_rate(rate);
  statistics_.set_clock_rate(rate);
  digits_in_.set_clock_rate(parameters_.dtmf_clock_rate);
  digits_out_.set_clock_rate(parameters_.dtmf_clock_rate);
}

/// The next 20 ms of what the peer said. Once for each tick: by the partner if it converts, else by ourselves.
std::span<const std::int16_t> Leg::hear(Time now, Outbox& out) {
  const auto frame = audio_.playout->get(now);
  if (!audio_.digits) return frame;
  if (const auto digit = audio_.digits->receive(frame)) {
    out.events.push_back(Digit{identity_.id, *digit, inband_digit_ms});
    if (partner_ != nullptr) (void)partner_->send_digits(std::string_view(&*digit, 1));
  }
  return frame;
}

void Leg::tick_samples(Time now, Outbox& out) {
  if (audio_.converts) {
    const auto frame = partner_->hear(now, out);
    if (parameters_.send && security_.ready() && rtp_target() && !speaks()) send_converted(frame, now, out);
  }
  const bool heard_by_partner = partner_ != nullptr && partner_->configured_ && partner_->audio_.converts;
  if (audio_.playout && !heard_by_partner) (void)hear(now, out);
}

/// What the partner's peer said, in our codec. As with packets that are passed on, nothing comes from a peer that sends
/// nothing, and events stand in for the audio beside them.
void Leg::send_converted(std::span<const std::int16_t> frame, Time now, Outbox& out) {
  const Playout& source = *partner_->audio_.playout;
  if (source.dry() || now < audio_.event_until) return;
  if (source.noise() && parameters_.comfort_noise_payload_type) {
    if (audio_.silent_ticks++ % noise_interval == 0) send_noise(measure_noise(frame), now, out);
    return;
  }
  audio_.silent_ticks = 0;
  const Bytes payload = audio_.encoder->encode(frame, facts(source.codec()).sample_rate);
  if (!payload.empty()) send_own(parameters_.payload_type, false, own_clock_, payload, now, out);
}

void Leg::send_noise(const ComfortNoise& noise, Time now, Outbox& out) {
  std::array<std::uint8_t, 1 + comfort_noise_order> payload;
  const std::size_t size = print(noise, payload);
  send_own(*parameters_.comfort_noise_payload_type, false, own_clock_, Bytes(payload).first(size), now, out);
}

/// A telephone event of the partner's peer within the stream that we make.
void Leg::send_converted_event(const RtpHeader& header, Bytes payload, Time now, Outbox& out) {
  const bool begins = now >= audio_.event_until || audio_.event_source != header.timestamp;
  if (begins) {
    audio_.event_source = header.timestamp;
    event_clock_ = own_clock_;
  }
  audio_.event_until = now + event_gap;
  send_own(*parameters_.dtmf_payload_type, begins, event_clock_, payload, now, out);
}

/// Tone, prompt or silence.
void Leg::send_own_audio(Time now, Outbox& out) {
  const Codec codec = parameters_.codec;
  const bool plays = !tone_ && player_.playing();
  if (!tone_ && !plays && parameters_.comfort_noise_payload_type) {
    if (audio_.silent_ticks++ % noise_interval == 0) send_noise({.level = own_noise_level}, now, out);
    return;
  }
  audio_.silent_ticks = 0;
  std::optional<Bytes> payload;
  std::array<std::int16_t, samples_per_frame> linear;
  std::array<std::uint8_t, samples_per_frame> coded;
  if (plays) payload = player_.next_encoded(codec);
  if (!tone_ && !plays) payload = silent_frame(codec);
  if (!payload) {
    if (tone_)
      tone_->fill(linear);
    else
      player_.fill(linear);
    if (audio_.encoder) {
      payload = audio_.encoder->encode(linear, narrow_rate);
    } else {
      encode(codec, linear, coded);
      payload = coded;
    }
  }
  if (!payload->empty()) send_own(parameters_.payload_type, false, own_clock_, *payload, now, out);
}

}  // namespace ringwall::media
