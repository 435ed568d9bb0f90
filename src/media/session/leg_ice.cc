// A leg whose peer is found by connectivity checks (RFC 8445). Its packets go to the path that was chosen and to no
// other address, and only while the peer consents (RFC 7675).
#include <algorithm>

#include "base/check.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

/// Digits, audio and a report may leave in the same tick; checks can wait for the next.
constexpr std::size_t kept_for_media = 3;

}  // namespace

/// Takes the means for checks out of `parameters`; without them the leg goes where signalling and packets say.
void Leg::configure_ice(LegParameters& parameters, Time now) {
  settled_peer_.reset();
  if (!parameters.ice) {
    if (ice_) peer_.reset();
    ice_.reset();
    return;
  }
  const IceParameters ice = std::move(*parameters.ice);
  parameters.ice.reset();
  if (ice_) {
    ice_->configure(ice, parameters.rtcp_mux, now);
  } else {
    const auto rtp = to_packet_address(identity_.local);
    CHECK(rtp.has_value() && identity_.random != nullptr);
    PacketAddress rtcp = *rtp;
    ++rtcp.port;
    stun::TransactionId number;
    identity_.random(number);
    ice_ = std::make_unique<IceAgent>(IceAgentOptions{.rtp = *rtp,
                                                      .rtcp = rtcp,
                                                      .rtcp_mux = parameters.rtcp_mux,
                                                      .tie_breaker = ByteReader(number).u64(),
                                                      .random = identity_.random},
                                      ice, now);
  }
  follow_path(now);
}

/// Whether the datagram was one for the agent.
bool Leg::receive_stun(Bytes datagram, bool on_rtcp_port, const PacketAddress& from, Time now, Outbox& out) {
  if (!ice_ || !stun::looks_like_stun(datagram)) return false;
  ice_->receive(datagram, from, on_rtcp_port ? 2 : 1, now);
  drain_ice(now, out);
  return true;
}

void Leg::serve_ice(Time now, Outbox& out) {
  if (!ice_) return;
  ice_->expire(now);
  drain_ice(now, out);
  // A connected socket hears no checks from elsewhere: only once the peer is not likely to choose again.
  settled_peer_ = ice_->settled(now) ? ice_->target(1) : std::nullopt;
}

void Leg::drain_ice(Time now, Outbox& out) {
  while (out.room() > kept_for_media && ice_->has_transmit()) {
    const auto transmit = ice_->poll_transmit();
    Outbox::Packet& packet = out.add();
    packet.leg = this;
    packet.rtcp = transmit->component == 2;
    packet.to = transmit->to;
    packet.size = transmit->message.bytes().size();
    std::ranges::copy(transmit->message.bytes(), packet.bytes.begin());
  }
  follow_path(now);
  while (const auto event = ice_->poll_event()) {
    if (*event == IceAgent::Event::selected)
      out.events.push_back(PathChosen{identity_.id, to_net_address(rtp_target())});
    else
      out.events.push_back(PathLost{identity_.id, *event == IceAgent::Event::consent_lost});
  }
}

/// What else wants to know where the peer is.
void Leg::follow_path(Time now) {
  peer_ = ice_->target(1);
  rtcp_peer_ = parameters_.rtcp_mux ? std::nullopt : ice_->target(2);
  if (dtls_ && peer_) dtls_->aim(*peer_, now);
}

/// With ICE a packet counts only from where the peer has proved to be.
bool Leg::is_path(const PacketAddress& from, bool on_rtcp_port) const {
  return !ice_ || ice_->is_valid_source(from, on_rtcp_port ? 2 : 1);
}

PacketAddress Leg::rtp_target() const {
  if (ice_) return ice_->target(1).value_or(PacketAddress{});
  return peer_.value_or(signalled_);
}

PacketAddress Leg::rtcp_target() const {
  if (parameters_.rtcp_mux) return rtp_target();
  if (ice_) return ice_->target(2).value_or(PacketAddress{});
  return rtcp_peer_.value_or(signalled_rtcp_);
}

}  // namespace ringwall::media
