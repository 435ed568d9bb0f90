// What goes out: relayed packets, own audio and digits, reports.
#include <algorithm>
#include <array>

#include "media/codec/g711.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

/// RFC 3550 section 6.2: the deterministic interval, half of it before the first report.
constexpr std::chrono::milliseconds report_interval = 5s;
constexpr std::size_t largest_payload = limits::rtp_packet_bytes - rtp_fixed_header;

}  // namespace

/// Passes on what the partner received from its peer.
void Leg::forward(const Leg& from, const RtpHeader& header, Bytes payload, Time now, Outbox& out) {
  const Sequencer::Source source{from.id().value, header.ssrc};
  const bool audio = header.payload_type == from.parameters_.payload_type;
  const bool event = !audio && header.payload_type == from.parameters_.dtmf_payload_type;
  const bool known = audio || (event && parameters_.dtmf_payload_type);
  if (!known || !configured_ || !parameters_.send || speaks() || payload.size() > largest_payload) {
    sequencer_.skip(source);
    return;
  }
  const auto next = sequencer_.next(source, header.sequence, header.timestamp, header.marker, now);
  if (!next) return;
  send(*next, audio ? parameters_.payload_type : *parameters_.dtmf_payload_type, payload, from.parameters_.codec, audio,
       now, out);
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
  if (parameters_.send) tick_audio(now, out);
  own_clock_ += samples_per_frame;
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
  std::array<std::int16_t, samples_per_frame> linear{};
  if (tone_)
    tone_->fill(linear);
  else
    player_.fill(linear);
  std::array<std::uint8_t, samples_per_frame> coded;
  encode(parameters_.codec, linear, coded);
  send_own(parameters_.payload_type, false, own_clock_, coded, now, out);
}

PacketAddress Leg::rtcp_target() const {
  if (parameters_.rtcp_mux) return rtp_target();
  return rtcp_peer_.value_or(signalled_rtcp_);
}

void Leg::schedule_rtcp(Time now, bool first) {
  // Spread over [0.5, 1.5] of the interval, so that reports of many legs do not fall together.
  const auto base = first ? report_interval / 2 : report_interval;
  next_rtcp_ = now + base / 2 + base * (random() % 1000) / 1000;
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
