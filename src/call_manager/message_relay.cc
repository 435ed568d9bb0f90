#include "call_manager/message_relay.h"

#include "base/limits.h"

namespace ringwall::call_manager {

// A phone speaks for its own line, whatever its From says.
std::string MessageRelay::sender(const sip::IncomingRequest& request, const policy::Admitted& peer) const {
  const auto* phone = peer.kind == policy::PeerKind::phone ? element_.site().phone(peer.name) : nullptr;
  const std::string user = phone ? phone->line : call::user_or_uri(request.message->from().uri);
  return fmt::format("<sip:{}@{}>", sip::escape_user(user), element_.site().domain);
}

void MessageRelay::relay(const sip::IncomingRequest& request, const policy::Admitted& peer) {
  const sip::Uri& uri = request.message->request_uri();
  const std::string line = call::user_or_uri(uri);
  const std::string aor = fmt::format("sip:{}@{}", line, element_.site().domain);
  auto bindings = registrar_.resolve_gruu(uri, aor, element_.now());
  if (!bindings && !element_.site().phone_of_line(line))
    return element_.agent().refuse(request, {.status = 404, .warning = "there is no line " + line});
  if (!bindings) bindings = registrar_.lookup(aor, element_.now());
  const auto pending = std::make_shared<Pending>(Pending{request.id});
  for (const sip::Binding& binding : *bindings) {
    const auto owner = sip::parse_uri(binding.aor);
    const auto* phone = owner ? element_.site().phone_of_line(call::user_or_uri(*owner)) : nullptr;
    if (!binding.flow || !phone) continue;  // from before a restart: the phone has yet to come back
    sip::Outgoing out;
    out.route = {.flow = binding.flow,
                 .transport = binding.transport,
                 .address = binding.remote(),
                 .peer = phone->name,
                 .by_address = binding.by_address};
    out.request_uri = binding.contact;
    out.from = sender(request, peer);
    out.to = fmt::format("<{}>", binding.aor);
    const std::uint32_t left = request.message->max_forwards().value_or(limits::sip_max_forwards);
    out.headers = {{"Max-Forwards", std::to_string(left > 0 ? left - 1 : 0)}};
    if (!binding.path.empty()) out.headers.emplace_back("Route", binding.path);
    out.body = {std::string(request.message->header(sip::HeaderName::content_type)),
                std::string(request.message->body())};
    ++pending->left;
    pending_.emplace(element_.agent().endpoint().request(sip::Method::message, std::move(out), element_.now()),
                     pending);
  }
  if (pending->left == 0)
    element_.agent().refuse(request, {.status = 480, .warning = "line " + line + " has no registered phone"});
}

bool MessageRelay::completed(const sip::Completed& completed) {
  const auto at = pending_.find(completed.id);
  if (at == pending_.end()) return false;
  const std::shared_ptr<Pending> pending = at->second;
  pending_.erase(at);
  --pending->left;
  const bool taken = completed.status < 300;
  if (pending->answered || (!taken && pending->left > 0)) return true;
  pending->answered = true;
  // A local failure, or one that is about the hop to that device alone, says nothing to the sender.
  const bool passes = completed.message && completed.status != 401 && completed.status != 407;
  const int status = taken ? 200 : passes ? completed.status : 480;
  element_.agent().endpoint().respond(pending->id, {.status = status}, element_.now());
  return true;
}

}  // namespace ringwall::call_manager
