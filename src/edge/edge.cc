#include "edge/edge.h"

#include "base/log.h"
#include "edge/edge_call.h"
#include "policy/dial_plan.h"

namespace ringwall::edge {

std::expected<Target, policy::Refusal> Edge::target_of(const call::Path& path) const {
  Target out{.name = path.target, .host = path.host, .route = call::route_of(path), .profile = {}, .waiver = {}};
  if (site().element(path.target)) {
    out.profile = *site().profile(policy::site_profile);
    return out;
  }
  const auto* trunk = site().trunk(path.target);
  if (!trunk)
    return std::unexpected(policy::Refusal{
        .status = 503, .warning = "the number leads nowhere at present", .reason = path.target + " is gone"});
  auto allowed = policy::admit_outgoing(site(), *trunk, wall_now());
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  out.profile = std::move(allowed->profile);
  out.waiver = std::move(allowed->waiver);
  return out;
}

Result<media::Pcm> Edge::announcement() {
  const std::string& name = site().recording.announce;
  if (name.empty()) return media::Pcm();
  return announcement_.get(site().folder / "prompts" / name);
}

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
  EdgeCall::start(*this, invite, peer, *dial_peer);
}

}  // namespace ringwall::edge
