// What comes in: RTP and RTCP from the peer.
#include "media/session/leg.h"

namespace ringwall::media {

/// Tells apart what shares the port by its first byte (RFC 7983 section 7).
void Leg::receive(MutableBytes datagram, bool on_rtcp_port, const PacketAddress& from, Time now, Outbox& out) {
  if (datagram.empty() || datagram.size() > limits::rtp_packet_bytes) {
    ++refused_;
    return;
  }
  const std::uint8_t first = datagram[0];
  if (first <= 3 && receive_stun(datagram, on_rtcp_port, from, now, out)) return;
  if (!is_path(from, on_rtcp_port)) {
    ++refused_;
    return;
  }
  if (first >= 20 && first <= 63 && !on_rtcp_port) return receive_dtls(datagram, from, now, out);
  receive_media(datagram, on_rtcp_port, from, now, out);
}

void Leg::receive_media(MutableBytes datagram, bool on_rtcp_port, const PacketAddress& from, Time now, Outbox& out) {
  if (!configured_) {
    ++refused_;
    return;
  }
  if (on_rtcp_port || is_rtcp_among_rtp(datagram))
    receive_rtcp(datagram, on_rtcp_port, from, now);
  else
    receive_rtp(datagram, from, now, out);
}

/// RTCP may come on the RTP port although this peer does not multiplex: the last words of the peer that a re-INVITE has
/// just replaced, who did. Only telephone events that were given one of RTCP's numbers (RFC 5761 section 4) stay RTP.
bool Leg::is_rtcp_among_rtp(Bytes datagram) const {
  return is_rtcp(datagram) && (parameters_.rtcp_mux || parameters_.dtmf_payload_type != (datagram[1] & 0x7f));
}

/// Counts what was wrong; true if nothing was.
bool Leg::count(SrtpStatus status) {
  switch (status) {
    case SrtpStatus::ok:
      return true;
    case SrtpStatus::authentication_failed:
      ++authentication_failures_;
      return false;
    case SrtpStatus::replayed:
      ++replayed_;
      return false;
    case SrtpStatus::unknown_key:
      ++unknown_keys_;
      return false;
    default:
      ++refused_;
      return false;
  }
}

/// On a clear leg nothing but the source tells a forged packet from a true one, so it may not change.
bool Leg::source_allowed(const RtpHeader& header, const PacketAddress& from) {
  if (!security_.clear()) return true;
  return (!peer_ || *peer_ == from) && (!locked_ssrc_ || *locked_ssrc_ == header.ssrc);
}

void Leg::receive_rtp(MutableBytes packet, const PacketAddress& from, Time now, Outbox& out) {
  const auto header = parse_rtp_header(packet);
  if (!header || !source_allowed(*header, from)) {
    ++refused_;
    return;
  }
  const SrtpResult opened = security_.unprotect_rtp(packet, *header, now);
  if (!count(opened.status)) return;
  const auto payload = rtp_payload(packet.first(opened.size), *header);
  if (!payload) {
    ++refused_;
    return;
  }
  learn(*header, from, now, out);
  deliver(*header, *payload, now, out);
}

/// The packet is the peer's own: it may say where the peer is, unless a newer one has said so already.
void Leg::learn(const RtpHeader& header, const PacketAddress& from, Time now, Outbox& out) {
  last_rtp_ = now;
  const bool newest = statistics_.is_newest(header);
  // Not that of the peer which a re-INVITE has replaced: where two such legs are joined, neither would find the other.
  const bool present = security_.is_present_source(header.ssrc);
  const bool first = ice_ ? !statistics_.started() : !peer_ && present;
  if (!ice_ && present && (first || (newest && !(*peer_ == from)))) peer_ = from;
  if (security_.clear() && !locked_ssrc_) locked_ssrc_ = header.ssrc;
  statistics_.receive(header, now, header.payload_type == parameters_.payload_type);
  if (first) out.events.push_back(FirstPacket{identity_.id, to_net_address(from)});
}

void Leg::deliver(const RtpHeader& header, Bytes payload, Time now, Outbox& out) {
  const bool audio = header.payload_type == parameters_.payload_type;
  const bool event = !audio && header.payload_type == parameters_.dtmf_payload_type;
  ++received_.packets;
  received_.bytes += payload.size();
  const bool noise = !audio && !event && header.payload_type == parameters_.comfort_noise_payload_type;
  if (!audio && !event && !noise) ++refused_;
  if (!parameters_.receive) return;
  if (audio_.playout && (audio || event || noise)) {
    using Content = JitterBuffer::Content;
    const Content content = audio ? Content::audio : noise ? Content::comfort_noise : Content::other;
    audio_.playout->put(header, content, payload, now);
  }
  if (event)
    if (const auto digit = digits_in_.receive(header, payload, now))
      out.events.push_back(Digit{identity_.id, digit->digit, digit->duration_ms});
  if (audio && tap_)
    tap_->push(RecordingTap::Side::received, parameters_.codec, header.ssrc, header.timestamp, payload, now);
  if (audio && recorder_) recorder_->add(header.ssrc, header.timestamp, parameters_.codec, payload);
  if (partner_ != nullptr) partner_->forward(*this, header, payload, now, out);
}

void Leg::receive_rtcp(MutableBytes packet, bool on_rtcp_port, const PacketAddress& from, Time now) {
  if (security_.clear() && ((rtcp_peer_ && !(*rtcp_peer_ == from)) || (peer_ && peer_->ip != from.ip))) {
    ++refused_;
    return;
  }
  const SrtpResult opened = security_.unprotect_rtcp(packet, now);
  if (!count(opened.status)) return;
  const auto report = parse_rtcp(packet.first(opened.size), sequencer_.ssrc());
  if (!report) {
    ++refused_;
    return;
  }
  if (on_rtcp_port) {
    if (!ice_) rtcp_peer_ = from;
    last_rtcp_ = now;
  } else {
    last_rtp_ = now;
  }
  if (report->sender) {
    peer_report_ntp_ = report->sender->ntp;
    peer_report_at_ = now;
  }
  hear_of_us(*report, now);
}

}  // namespace ringwall::media
