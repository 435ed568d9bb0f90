#include "runtime/sip_transports.h"

#include "runtime/sip_transports_core.h"
#include "runtime/tls_ticket_keys.h"

namespace ringwall::runtime {

SipTransports::SipTransports(std::shared_ptr<Core> core) : core_(std::move(core)) {}
SipTransports::~SipTransports() {
  core_->abandon_all();
}

Result<std::unique_ptr<SipTransports>> SipTransports::create(SignallingLoop& loop, SipHostOptions options,
                                                             TransportOwner& owner) {
  if (!options.ticket_keys) options.ticket_keys = std::make_shared<TicketKeys>();
  TRY(auto table, PeerTable::build(options));
  auto core = std::make_shared<Core>(loop, std::move(options), owner, std::move(table));
  TRY_VOID(core->open_listeners());
  core->start();
  return std::unique_ptr<SipTransports>(new SipTransports(std::move(core)));
}

sip::FlowId SipTransports::send(sip::Transmit transmit) {
  return core_->send(std::move(transmit));
}
void SipTransports::flush() {
  core_->flush();
}

NetAddress SipTransports::local(sip::Transport transport) const {
  if (transport == sip::Transport::udp) return core_->udp ? core_->udp->local() : NetAddress{core_->options.address, 0};
  for (const auto& listener : core_->listeners)
    if (listener->transport() == transport) return listener->local();
  return {core_->options.address, 0};
}

Result<> SipTransports::set_identity(TlsIdentity identity) {
  SipHostOptions changed = core_->options;
  changed.identity = std::move(identity);
  TRY(core_->peers, PeerTable::build(changed));
  core_->options = std::move(changed);
  return {};
}

Result<> SipTransports::set_peers(std::vector<PeerPolicy> peers) {
  SipHostOptions changed = core_->options;
  changed.peers = std::move(peers);
  TRY(core_->peers, PeerTable::build(changed));
  core_->options = std::move(changed);
  return {};
}

void SipTransports::report_harm(const NetAddress& remote, Harm harm) {
  core_->report_harm(remote, harm);
}
void SipTransports::vouch(const NetAddress& remote) {
  core_->guard.vouch(remote.ip, core_->loop.now());
}
bool SipTransports::unblock(std::string_view source) {
  return core_->guard.unblock(source);
}
void SipTransports::set_sources(SourceRules rules) {
  core_->guard.set_rules(std::move(rules));
}

bool SipTransports::close_connection(sip::FlowId flow) {
  const auto known = core_->connections.find(flow);
  if (known == core_->connections.end()) return false;
  known->second->close(CloseCause::local, {"closed by the operator", {}, {}});
  return true;
}

void SipTransports::drain() {
  core_->drain();
}
void SipTransports::close() {
  core_->close();
}
HostView SipTransports::view() const {
  return core_->view();
}

}  // namespace ringwall::runtime
