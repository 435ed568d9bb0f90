#include "call_server/call_server.h"

#include "base/log.h"
#include "call_server/visit.h"

namespace ringwall::call_server {

CallServer::CallServer(call::ElementContext context, std::string name, std::function<void(const router::Effect&)> save)
    : Element(std::move(context), std::move(name)), router_(now(), wall_now()), save_(std::move(save)) {
  router_.configure(site(), now());
}

CallServer::~CallServer() = default;

Result<> CallServer::reload() {
  router_.configure(site(), now());
  pump();
  return Element::reload();
}

void CallServer::on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) {
  const auto* element = site().element(peer.name);
  const bool sends_calls =
      element && (element->kind == policy::ElementKind::edge || element->kind == policy::ElementKind::call_manager);
  if (peer.kind != policy::PeerKind::element || !sends_calls) {
    agent().refuse(invite, {.status = 403,
                            .warning = "only the edge and the call manager send calls to the call server",
                            .reason = peer.name + " sent a call to the call server"});
    return;
  }
  const std::string number = call::user_or_uri(invite.message->request_uri());
  const auto service = std::find_if(site().services.begin(), site().services.end(),
                                    [&](const policy::Service& candidate) { return candidate.number == number; });
  if (service == site().services.end()) {
    agent().refuse(invite, {.status = 404,
                            .warning = "no service answers the number " + number,
                            .mend = "add a [[service]] with this number, or correct the dial peer that led here"});
    return;
  }
  Visit::start(*this, invite, peer.name, *service);
}

void CallServer::add(const std::string& interaction, std::shared_ptr<Visit> visit) {
  visits_[interaction] = std::move(visit);
}
void CallServer::remove(const std::string& interaction) {
  visits_.erase(interaction);
}

void CallServer::carry_out(const router::Effect& effect) {
  const auto visit_of = [&](const std::string& interaction) -> std::shared_ptr<Visit> {
    const auto found = visits_.find(interaction);
    return found == visits_.end() ? nullptr : found->second;
  };
  if (const auto* reserve = std::get_if<router::Reserve>(&effect)) {
    if (const auto visit = visit_of(reserve->interaction))
      visit->deliver(*reserve);
    else
      router_.caller_left(reserve->interaction, now());
  } else if (const auto* release = std::get_if<router::Release>(&effect)) {
    if (const auto visit = visit_of(release->interaction)) visit->stop_ringing(release->reason);
  } else {
    save_(effect);
  }
}

void CallServer::pump() {
  if (pumping_) return;  // what a visit does while it is told of an effect is drained by the loop below
  pumping_ = true;
  while (const auto effect = router_.poll())
    carry_out(*effect);
  pumping_ = false;
  arm_timer();
}

void CallServer::arm_timer() {
  const auto next = router_.next_timer();
  if (!next) {
    timer_.cancel();
    return;
  }
  timer_ = context().loop.after(std::max(*next - now(), Duration::zero()), [this] {
    router_.expire(now());
    pump();
  });
}

}  // namespace ringwall::call_server
