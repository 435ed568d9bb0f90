#include "edge/edge.h"

#include "base/log.h"
#include "edge/edge_call.h"
#include "policy/dial_plan.h"

namespace ringwall::edge {
namespace {

/// Where a dial peer leads: an element, or a trunk whose profile allows the call now.
std::expected<Target, policy::Refusal> find_target(const Edge& edge, const policy::DialPeer& dial_peer) {
  const policy::Site& site = edge.site();
  if (const auto* element = site.element(dial_peer.target)) {
    return Target{
        element->name, element->host, call::Element::route_to(*element), *site.profile(policy::site_profile), {}};
  }
  const auto* trunk = site.trunk(dial_peer.target);
  if (!trunk || trunk->targets.empty())
    return std::unexpected(policy::Refusal{
        .status = 503,
        .warning = "the number leads nowhere at present",
        .reason = "dial peer " + dial_peer.name + " leads to " + dial_peer.target + ", which has no targets",
        .mend = "give the trunk its targets in ringwall.toml"});
  auto allowed = policy::admit_outgoing(site, *trunk, wall_now());
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  const bool clear = !allowed->waiver.empty();
  const sip::Route route{.transport = clear ? sip::Transport::udp : sip::Transport::tls,
                         .address = {trunk->targets.front().host, trunk->targets.front().port},
                         .peer = trunk->name};
  const std::string host = trunk->names.empty() ? trunk->targets.front().host : trunk->names.front();
  return Target{trunk->name, host, route, allowed->profile, allowed->waiver};
}

}  // namespace

void Edge::on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) {
  const std::string number = call::user_or_uri(invite.message->request_uri());
  const policy::DialPeer* dial_peer = policy::find_dial_peer(site(), name(), number);
  if (!dial_peer || dial_peer->target == peer.name) {
    agent().refuse(invite,
                   {.status = 404,
                    .warning = "nobody answers the number " + number + " here",
                    .mend = "add a [[dial_peer]] whose pattern matches it, or correct the number at the caller"});
    return;
  }
  const auto target = find_target(*this, *dial_peer);
  if (!target) {
    agent().refuse(invite, target.error());
    return;
  }
  EdgeCall::start(*this, invite, peer, dial_peer->name, *target);
}

}  // namespace ringwall::edge
