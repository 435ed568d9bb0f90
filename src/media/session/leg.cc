#include "media/session/leg.h"

#include <algorithm>

#include "base/check.h"
#include "media/codec/g711.h"

namespace ringwall::media {

Leg::Leg(LegIdentity identity, Time now)
    : identity_(std::move(identity)), sequencer_(identity_.ssrc, identity_.sequence & 0x7fff, identity_.timestamp) {
  if (identity_.seed == 0) identity_.seed = 1;
  schedule_rtcp(now, true);
}

Leg::~Leg() {
  unrelay();
}

void Leg::configure(LegParameters parameters, Time now) {
  const PacketAddress before = signalled_, before_rtcp = signalled_rtcp_;
  if (security_.changes_local_key(parameters) && security_.sent_rollovers(sequencer_.ssrc()) > 0)
    sequencer_.change_ssrc(random());  // whether the ROC goes on under a new key is in doubt; a new SSRC starts at 0
  const bool was_clear = security_.clear();
  security_.configure(parameters, now);
  signalled_ = to_packet_address(parameters.remote).value_or(PacketAddress{});
  NetAddress rtcp = parameters.remote;
  if (parameters.remote_rtcp_port != 0)
    rtcp.port = parameters.remote_rtcp_port;
  else if (!parameters.rtcp_mux)
    ++rtcp.port;
  signalled_rtcp_ = to_packet_address(rtcp).value_or(PacketAddress{});
  configure_ice(parameters, now);
  configure_dtls(std::get_if<DtlsParameters>(&parameters.security), now);
  parameters.security = std::string();  // no second copy of the keys
  if (!(parameters.opus == parameters_.opus)) audio_.encoder.reset();
  parameters_ = std::move(parameters);
  set_clock_rate();
  if (!(before == signalled_) || was_clear != security_.clear()) {
    peer_.reset();
    locked_ssrc_.reset();
  }
  if (!(before_rtcp == signalled_rtcp_)) rtcp_peer_.reset();
  if (!parameters_.dtmf_payload_type) digits_out_ = DtmfSender();  // what waits could never leave
  configured_ = true;
  prepare_audio();
  if (partner_ != nullptr) partner_->prepare_audio();
}

void Leg::relay(Leg& a, Leg& b) {
  if (&a == &b || a.partner_ == &b) return;
  a.unrelay();
  b.unrelay();
  a.partner_ = &b;
  b.partner_ = &a;
  a.prepare_audio();
  b.prepare_audio();
}

void Leg::unrelay() {
  if (partner_ == nullptr) return;
  Leg* const partner = std::exchange(partner_, nullptr);
  partner->partner_ = nullptr;
  prepare_audio();
  partner->prepare_audio();
}

void Leg::play(Playlist playlist) {
  player_ = Player(std::move(playlist));
  playing_ = true;
}

void Leg::stop_playing() {
  player_ = Player();
  playing_ = false;
}

Result<> Leg::send_digits(std::string_view digits) {
  if (!parameters_.dtmf_payload_type) return fail("the peer takes no telephone events");
  return digits_out_.queue(digits);
}

Pcm Leg::take_recording() {
  if (!recorder_) return nullptr;
  const auto done = std::move(recorder_);
  return done->take();
}

LegReport Leg::report() const {
  LegReport out;
  out.leg = identity_.id;
  out.local = identity_.local;
  out.remote = to_net_address(rtp_target());
  out.suite = security_.suite();
  out.dtls = dtls_ != nullptr;
  out.waiver = security_.waiver();
  out.codec = parameters_.codec;
  out.sent = sent_;
  out.received = received_;
  out.authentication_failures = authentication_failures_ + (ice_ ? ice_->counts().refused : 0);
  out.replayed = replayed_;
  out.unknown_keys = unknown_keys_;
  out.refused = refused_;
  report_quality(out);
  return out;
}

/// xorshift32: it only spreads reports in time.
std::uint32_t Leg::random() {
  std::uint32_t& state = identity_.seed;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

}  // namespace ringwall::media
