// What goes out: relayed packets, own audio and digits, reports.
#include <algorithm>
#include <array>

#include "media/codec/g711.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

constexpr std::size_t largest_payload = limits::rtp_packet_bytes - rtp_fixed_header;

}  // namespace

/// Passes on what the partner received from its peer.
void Leg::forward(const Leg& from, const RtpHeader& header, Bytes payload, Time now, Outbox& out) {
  const Sequencer::Source source{from.id().value, header.ssrc};
  const bool audio = header.payload_type == from.parameters_.payload_type;
  const bool event = !audio && header.payload_type == from.parameters_.dtmf_payload_type;
  const bool noise = !audio && !event && header.payload_type == from.parameters_.comfort_noise_payload_type;
  const bool known = audio || (event && parameters_.dtmf_payload_type) || (noise && !audio_.converts);
  if (audio_.converts && audio) return;  // the tick sends it
  if (!known || !configured_ || !parameters_.send || speaks() || payload.size() > largest_payload) {
    sequencer_.skip(source);
    return;
  }
  std::array<std::uint8_t, 4> rescaled;
  if (event && from.parameters_.dtmf_clock_rate != parameters_.dtmf_clock_rate) {
    const auto parsed = parse_telephone_event(payload);
    if (!parsed) return sequencer_.skip(source);
    rescaled = rescale(*parsed, from.parameters_.dtmf_clock_rate, parameters_.dtmf_clock_rate);
    payload = rescaled;
  }
  if (audio_.converts) return send_converted_event(header, payload, now, out);
  const auto next = sequencer_.next(source, header.sequence, header.timestamp, header.marker, now);
  if (!next) return;
  const std::uint8_t payload_type = audio   ? parameters_.payload_type
                                    : event ? *parameters_.dtmf_payload_type
                                            : *parameters_.comfort_noise_payload_type;
  send(*next, payload_type, payload, from.parameters_.codec, audio, now, out);
}

/// `coded` is what an audio payload is in; it is transcoded if this leg speaks the other law.
void Leg::send(RtpHeader header, std::uint8_t payload_type, Bytes payload, Codec coded, bool audio, Time now,
               Outbox& out) {
  header.payload_type = payload_type;
  Outbox::Packet& packet = out.add();
  packet.leg = this;
  packet.rtcp = false;
  packet.to = rtp_target();
  write_rtp_header(packet.bytes, header);
  const MutableBytes body = MutableBytes(packet.bytes).subspan(rtp_fixed_header, payload.size());
  std::ranges::copy(payload, body.begin());
  if (audio) transcode(coded, parameters_.codec, body);
  if (audio && tap_) tap_->push(RecordingTap::Side::sent, parameters_.codec, header.ssrc, header.timestamp, body, now);
  const SrtpResult sealed = security_.protect_rtp(packet.bytes, rtp_fixed_header + payload.size(), header);
  if (sealed.status != SrtpStatus::ok || !packet.to) {
    out.take_back();
    return;
  }
  packet.size = sealed.size;
  ++sent_.packets;
  sent_.bytes += payload.size();
}

void Leg::send_own(std::uint8_t payload_type, bool marker, std::uint32_t clock, Bytes payload, Time now, Outbox& out) {
  const auto header = sequencer_.next({}, own_sequence_++, clock, marker, now);
  if (header)
    send(*header, payload_type, payload, parameters_.codec, payload_type == parameters_.payload_type, now, out);
}

void Leg::tick(Time now, Outbox& out) {
  if (!configured_) return;
  if (const auto digit = digits_in_.expire(now))
    out.events.push_back(Digit{identity_.id, digit->digit, digit->duration_ms});
  security_.expire(now);
  if (security_.take_nearly_used()) out.events.push_back(KeyNearlyUsed{identity_.id});
  serve_ice(now, out);
  serve_dtls(now, out);
  tick_samples(now, out);
  if (parameters_.send && security_.ready() && rtp_target()) tick_audio(now, out);
  own_clock_ += facts(parameters_.codec).frame_clock();
  if (now >= next_rtcp_) {
    send_rtcp(now, false, out);
    schedule_rtcp(now, false);
  }
}

void Leg::tick_audio(Time now, Outbox& out) {
  if (digits_out_.busy() && parameters_.dtmf_payload_type) {
    if (const auto digit = digits_out_.tick()) {
      if (digit->begins) event_clock_ = own_clock_;
      send_own(*parameters_.dtmf_payload_type, digit->begins, event_clock_, digit->payload, now, out);
      return;
    }
  }
  if (playing_ && !player_.playing()) {
    playing_ = false;
    out.events.push_back(PlayFinished{identity_.id});
  }
  // A relayed leg without a source of its own has its partner's audio; any other keeps the stream alive with silence.
  if (partner_ != nullptr && !speaks()) return;
  send_own_audio(now, out);
}

void Leg::schedule_rtcp(Time now, bool first) {
  next_rtcp_ = now + rtcp_interval(first, random() % 1000 / 1000.0);
}

void Leg::send_rtcp(Time now, bool bye, Outbox& out) {
  RtcpReport report{.ssrc = sequencer_.ssrc(), .cname = identity_.cname, .bye = bye};
  if (sent_.packets > sent_at_last_report_ || (bye && sent_.packets > 0))
    report.sender = SenderInfo{.ntp = ntp_time(now),
                               .rtp_timestamp = sequencer_.timestamp_at(now),
                               .packets = static_cast<std::uint32_t>(sent_.packets),
                               .bytes = static_cast<std::uint32_t>(sent_.bytes)};
  sent_at_last_report_ = sent_.packets;
  if (statistics_.started()) {
    report.block = statistics_.report();
    report.voip = voip_metrics(reception());
    if (peer_report_ntp_ != 0) {
      const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(now - peer_report_at_).count();
      report.block->last_sender_report = ntp_middle(peer_report_ntp_);
      report.block->delay_since_last_sender_report = static_cast<std::uint32_t>(delay * 65'536 / 1'000'000);
    }
  }
  Outbox::Packet& packet = out.add();
  packet.leg = this;
  packet.rtcp = !parameters_.rtcp_mux;
  packet.to = rtcp_target();
  const SrtpResult sealed = security_.protect_rtcp(packet.bytes, write_rtcp(packet.bytes, report));
  if (sealed.status != SrtpStatus::ok || !packet.to)
    out.take_back();
  else
    packet.size = sealed.size;
}

void Leg::say_goodbye(Time now, Outbox& out) {
  if (configured_) send_rtcp(now, true, out);
}

}  // namespace ringwall::media
