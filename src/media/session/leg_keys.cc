// A leg whose keys are agreed on the media path: DTLS-SRTP (RFC 5763, RFC 5764).
#include "base/check.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

/// Digits, audio and a report may leave in the same tick; flights of DTLS can wait for the next.
constexpr std::size_t kept_for_media = 3;

}  // namespace

/// nullptr: the keys come from elsewhere now. Keys that an association has agreed on stay in use until others are
/// there.
void Leg::configure_dtls(const DtlsParameters* wanted, Time now) {
  if (wanted == nullptr) {
    dtls_.reset();
    return;
  }
  CHECK(identity_.dtls != nullptr);
  if (!dtls_ || !dtls_->serves(*wanted)) dtls_ = std::make_unique<LegDtls>(identity_.dtls, *wanted, now);
  dtls_->aim(ice_ ? rtp_target() : signalled_, now);
}

void Leg::receive_dtls(Bytes datagram, const PacketAddress& from, Time now, Outbox& out) {
  if (dtls_ && !dtls_->agreed()) {
    dtls_->receive(datagram, from, ice_ != nullptr, now);
    return serve_dtls(now, out);
  }
  // A peer with our answer may be faster than our knowledge of it (RFC 5763 section 5): its last hello is kept.
  const auto hello = identity_.dtls ? crypto::parse_client_hello(datagram) : std::nullopt;
  if (hello && !(dtls_ && dtls_->began_with(*hello))) {
    early_hello_ = std::make_unique<LegDtls::Datagram>(LegDtls::Datagram{from, to_buffer(datagram)});
  } else if (dtls_) {
    dtls_->receive(datagram, from, ice_ != nullptr, now);
    serve_dtls(now, out);
  } else {
    ++refused_;
  }
}

/// What DTLS has to say, as far as there is room, and what it came to.
void Leg::serve_dtls(Time now, Outbox& out) {
  if (!dtls_) return;
  if (early_hello_ && !dtls_->agreed()) {
    if (is_path(early_hello_->to, false)) dtls_->receive(early_hello_->bytes, early_hello_->to, ice_ != nullptr, now);
    early_hello_.reset();
  }
  dtls_->expire(now);
  while (out.room() > kept_for_media && (!ice_ || rtp_target())) {
    const auto datagram = dtls_->poll_transmit();
    if (!datagram) break;
    Outbox::Packet& packet = out.add();
    packet.leg = this;
    packet.rtcp = false;
    packet.to = ice_ ? rtp_target() : datagram->to;
    packet.size = datagram->bytes.size();
    CHECK(packet.size <= packet.bytes.size());
    std::ranges::copy(datagram->bytes, packet.bytes.begin());
  }
  if (const auto keys = dtls_->take_keys()) take_dtls_keys(*keys, out, now);
  if (auto why = dtls_->take_failure()) out.events.push_back(DtlsFailed{identity_.id, std::move(*why)});
}

/// The peer is where its handshake came from, until a packet of it says otherwise.
void Leg::take_dtls_keys(const SrtpKeys& keys, Outbox& out, Time now) {
  if (security_.sent_rollovers(sequencer_.ssrc()) > 0) sequencer_.change_ssrc(random());  // see configure()
  security_.agree(keys, now);
  if (!ice_) peer_ = dtls_->peer();
  out.events.push_back(DtlsDone{identity_.id, keys});
}

}  // namespace ringwall::media
