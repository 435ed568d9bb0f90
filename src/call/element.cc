#include "call/element.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/random.h"
#include "policy/waivers.h"
#include "sip/message/multipart.h"

namespace ringwall::call {

Element::Element(ElementContext context, std::string name) : context_(std::move(context)), name_(std::move(name)) {}

const policy::Element& Element::self() const {
  const policy::Element* found = site().element(name_);
  CHECK(found);
  return *found;
}

Result<> Element::start() {
  UserAgent::Handlers handlers;
  handlers.invite = [this](const sip::IncomingInvite& invite) {
    const auto peer = admit(invite.flow, *invite.message);
    if (!peer) blame(invite.flow, peer.error());
    if (!peer && !peer.error().challenge.empty())
      agent_->endpoint().reject(invite.leg, {.status = 401, .headers = peer.error().challenge}, now());
    else if (!peer)
      agent_->refuse(invite, peer.error().refusal);
    else if (draining_ && peer->kind != policy::PeerKind::element)
      agent_->refuse(invite, {.status = 503, .warning = "the site is shutting down"});
    else {
      agent_->endpoint().set_peer(invite.leg, peer->name);
      on_invite(invite, *peer);
    }
  };
  handlers.request = [this](const sip::IncomingRequest& request) {
    const auto peer = admit(request.flow, *request.message);
    if (!peer) blame(request.flow, peer.error());
    if (!peer && !peer.error().challenge.empty())
      agent_->endpoint().respond(request.id, {.status = 401, .headers = peer.error().challenge}, now());
    else
      peer ? on_request(request, *peer) : agent_->refuse(request, peer.error().refusal);
  };
  handlers.options = [this](const sip::IncomingRequest& request) {
    if (!knows(request.flow)) agent_->host().report_harm(request.flow.remote, runtime::Harm::refused);
  };
  handlers.completed = [this](const sip::Completed& completed) {
    if (!ways_out_->completed(completed)) on_completed(completed);
  };
  handlers.subscribe = [this](const sip::IncomingSubscribe& subscribe) {
    const auto peer = admit(subscribe.flow, *subscribe.message);
    if (!peer) blame(subscribe.flow, peer.error());
    if (!peer && !peer.error().challenge.empty())
      agent_->endpoint().reject_subscription(subscribe.id, {.status = 401, .headers = peer.error().challenge}, now());
    else
      peer ? on_subscribe(subscribe, *peer) : agent_->refuse(subscribe, peer.error().refusal);
  };
  handlers.refreshed = [this](const sip::SubscriptionRefreshed& refreshed) { on_refreshed(refreshed); };
  handlers.subscription_ended = [this](const sip::SubscriptionEnded& ended) { on_subscription_ended(ended); };
  handlers.flow_closed = [this](sip::FlowId flow) { on_flow_closed(flow); };
  runtime::SipHostOptions options = host_options();
  clear_listeners_ = options.clear_listeners.size();
  certificate_optional_ = options.certificate_optional;
  options.authorize = [this](const sip::Challenged& challenged) { return trunk_digest_.authorize(challenged); };
  TRY(agent_, UserAgent::create(context_.loop, std::move(options), std::move(handlers)));
  ways_out_ = std::make_unique<WaysOut>(*agent_, self().host);
  ways_out_->configure(site(), self());
  trunk_digest_.configure(site(), name_);
  return {};
}

/// A refused request is held against its source; a first challenge is nobody's fault.
void Element::blame(const sip::Flow& flow, const Objection& objection) {
  if (objection.guessed)
    agent_->host().report_harm(flow.remote, runtime::Harm::digest_failure);
  else if (objection.challenge.empty())
    agent_->host().report_harm(flow.remote, runtime::Harm::refused);
}

bool Element::knows(const sip::Flow& flow) const {
  const auto peer = policy::admit(site(), *context_.in_force->anchors, self(), presented_by(flow), wall_now());
  return peer && peer->kind != policy::PeerKind::unproven;
}

Result<> Element::reload() {
  const runtime::SipHostOptions changed = host_options();
  if (changed.clear_listeners.size() != clear_listeners_)
    return fail("a clear trunk came or went, and with it a listener", name_, "start the site again");
  if (changed.certificate_optional != certificate_optional_)
    return fail("the first phone without certificate came, or the last one went", name_, "start the site again");
  if (changed.wss_port.value_or(0) != agent_->host().local(sip::Transport::wss).port)
    return fail("wss_port was changed, and with it a listener", name_, "start the site again");
  TRY_VOID(agent_->host().set_peers(peers()));
  agent_->host().set_sources(source_rules());
  ways_out_->configure(site(), self());
  trunk_digest_.configure(site(), name_);
  return {};
}

void Element::on_request(const sip::IncomingRequest& request, const policy::Admitted&) {
  agent_->refuse(
      request, {.status = 405, .warning = "this element does not take " + std::string(request.message->method_name())});
}

std::vector<runtime::PeerPolicy> Element::peers() const {
  const runtime::TrustAnchors site_anchors{.file = site().folder / "pki" / "anchors.pem"};
  std::vector<runtime::PeerPolicy> out;
  for (const auto& element : site().elements)
    if (element.name != name_) out.push_back({element.name, {element.host}, site_anchors, site().tls_minimum});
  for (const auto& trunk : site().trunks) {
    const auto* profile = site().profile(trunk.profile);
    if (trunk.element != name_ || !profile || profile->mode == policy::Mode::clear) continue;
    out.push_back({trunk.name, trunk.names,
                   trunk.anchors.empty() ? site_anchors : runtime::TrustAnchors{.file = trunk.anchors},
                   profile->tls_minimum, profile->tls_maximum, profile->ciphers, profile->groups});
  }
  return out;
}

/// The site's own elements are never limited; trunks with addresses are known before they prove anything.
runtime::SourceRules Element::source_rules() const {
  const policy::Sip& sip = site().sip;
  runtime::SourceRules out;
  if (sip.requests_per_second != 0) {
    out.messages_per_second = sip.requests_per_second;
    out.transactions = std::max(out.transactions, 10 * sip.requests_per_second);
  }
  out.block_time = sip.block_time;
  out.never_blocked = sip.never_blocked;
  for (const policy::Element& element : site().elements)
    out.never_blocked.push_back(element.address);
  for (const policy::Trunk& trunk : site().trunks)
    if (trunk.element == name_) out.known.insert(out.known.end(), trunk.addresses.begin(), trunk.addresses.end());
  return out;
}

runtime::SipHostOptions Element::host_options() const {
  runtime::SipHostOptions out;
  out.name = name_;
  out.host = self().host;
  out.address = self().address;
  out.tls_port = self().sip_port;
  out.identity = runtime::TlsIdentity::in_folder(site().folder / "pki" / "elements" / name_);
  out.peers = peers();
  out.incoming_anchors = {{.file = site().folder / "pki" / "anchors.pem"}};
  out.tls_minimum = site().tls_minimum;
  out.certificate_optional = policy::takes_digest(site(), self());
  out.sources = source_rules();
  out.knows = [this](const sip::Flow& flow) { return knows(flow); };
  out.debug_key_log = context_.debug_key_log;
  out.allow = allow();
  out.supported = supported();
  out.reliability = reliability();
  out.allow_events = allow_events();
  out.session_timers = {.interval = site().sip.session_interval, .minimum = site().sip.session_minimum};
  const policy::Sip& sip = site().sip;
  if (self().kind == policy::ElementKind::call_manager && sip.wss_port != 0) {
    out.wss_port = sip.wss_port;
    out.web_socket = {.path = sip.wss_path, .origins = sip.wss_origins};
  }
  for (const auto& trunk : site().trunks) {
    const auto* profile = site().profile(trunk.profile);
    if (trunk.element != name_ || !profile || profile->mode != policy::Mode::clear || !out.clear_listeners.empty())
      continue;
    out.clear_listeners = {{sip::Transport::udp, self().clear_port, profile->waiver},
                           {sip::Transport::tcp, self().clear_port, profile->waiver}};
  }
  return out;
}

policy::Presented presented_by(const sip::Flow& flow) {
  return {.secure = sip::is_secure(flow.transport),
          .names = flow.tls().peer_names,
          .anchor = flow.tls().anchor,
          .remote_ip = flow.remote.ip,
          .tls_version = flow.tls().version,
          .tls_cipher = flow.tls().cipher,
          .tls_group = flow.tls().group};
}

std::expected<policy::Admitted, Objection> Element::admit(const sip::Flow& flow, const sip::Message& request) {
  auto peer = policy::admit(site(), *context_.in_force->anchors, self(), presented_by(flow), wall_now());
  if (!peer) return std::unexpected(Objection{.refusal = std::move(peer.error())});
  if (peer->kind != policy::PeerKind::unproven) return std::move(*peer);
  auto proved = prove(flow, request);
  if (proved) agent_->host().vouch(flow.remote);
  return proved;
}

std::expected<policy::Admitted, Objection> Element::prove(const sip::Flow&, const sip::Message&) {
  return std::unexpected(Objection{.refusal = {.warning = "A client certificate is required"}});
}

void Element::record(const std::string& interaction, std::string_view kind,
                     const std::vector<std::pair<std::string_view, std::string>>& detail) const {
  if (context_.record) context_.record(interaction, kind, detail);
}

std::string new_interaction() {
  std::uint8_t random[16];
  crypto::random_bytes(random);
  return print_hex(random);
}

std::string interaction_of(const sip::Message& message, const policy::Admitted& peer) {
  return peer.kind == policy::PeerKind::element ? interaction_of(message) : new_interaction();
}

std::string interaction_of(const sip::Message& message) {
  std::string_view value = message.header(sip::HeaderName::session_id);
  const std::string_view local = trim(take_until(value, ';'));
  if (local.size() == 32 && parse_hex(local)) return to_lower(local);
  return new_interaction();
}

sip::Headers interaction_header(const std::string& interaction) {
  return {{"Session-ID", interaction + ";remote=" + std::string(32, '0')}};
}

sip::Headers onward_headers(const sip::Message& invite, const std::string& interaction) {
  const std::uint32_t left = invite.max_forwards().value_or(limits::sip_max_forwards);
  sip::Headers out = interaction_header(interaction);
  out.emplace_back("Max-Forwards", std::to_string(left > 0 ? left - 1 : 0));
  return out;
}

std::string_view sdp_of(const sip::Message& message) {
  const auto found = sip::find_part(message.header(sip::HeaderName::content_type), message.body(), "application/sdp");
  return found ? found->value_or(std::string_view{}) : std::string_view{};
}

std::string user_or_uri(const sip::Uri& uri) {
  return uri.user.empty() ? std::string(uri.text) : sip::unescape(uri.user);
}

}  // namespace ringwall::call
