#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/endpoint/headers.h"
#include "sip/endpoint/sips.h"
#include "sip/message/warning.h"

namespace ringwall::sip {
namespace {

// The option tags of Require that `supported` does not hold, as the value of Unsupported (RFC 3261 section 8.2.2.3).
std::string unsupported_extensions(const Message& request, std::string_view supported) {
  if (!request.has(HeaderName::require)) return {};
  const auto known = split(supported, ',');
  std::string out;
  for (std::string_view wanted : request.values(HeaderName::require)) {
    const auto is_wanted = [wanted](std::string_view tag) { return equals_ignoring_case(trim(tag), wanted); };
    if (wanted.empty() || std::ranges::any_of(known, is_wanted)) continue;
    if (!out.empty()) out += ", ";
    out += wanted;
  }
  return out;
}

bool has_encoding(const Message& request) {
  const std::string_view encoding = request.header(HeaderName::content_encoding);
  return !encoding.empty() && !equals_ignoring_case(encoding, "identity");
}

// RFC 3515 section 2.4.2: exactly one, and readable.
bool has_one_refer_to(const Message& request) {
  const auto values = request.values(HeaderName::refer_to);
  return values.size() == 1 && parse_name_addr(values.front()).has_value();
}

bool needs_dialog(Method method) {
  return method == Method::bye || method == Method::info || method == Method::prack || method == Method::update ||
         method == Method::notify;
}

}  // namespace

void Endpoint::Core::receive_request(const Flow& flow, MessagePtr message, Time now) {
  if (branch_kind(*message) == BranchKind::bare) {
    const std::string text = print(Warning{399, options.host, "the Via branch is the magic cookie and nothing more"});
    const HeaderLine line{HeaderName::warning, {}, text};
    return refuse(flow, *message, 400, {&line, 1});
  }
  if (receive_known(message, now)) return;
  if (message->method() == Method::ack) return receive_ack(flow, message, now);
  if (message->method() == Method::cancel) return receive_cancel(flow, message, now);
  if (refuse_early(flow, *message)) return;
  if (message->to().tag.empty()) return receive_new(flow, message, now);
  receive_in_dialog(flow, message, now);
}

// A retransmission, or the ACK for a non-2xx.
bool Endpoint::Core::receive_known(const MessagePtr& message, Time now) {
  ServerTransaction* known = servers.find(*message);
  if (known == nullptr) return false;
  if (message->method() != Method::ack) {
    apply(*known, known->receive_again(), now);
    return true;
  }
  const auto* invite = std::get_if<ServerInvite>(&known->machine);
  // An ACK for a 2xx that reuses the branch of its INVITE is the user's (RFC 6026 section 7.1).
  if (invite == nullptr || invite->state() == ServerInvite::State::accepted) return false;
  apply(*known, known->receive_ack(now), now);
  return true;
}

// A request of ours that has come back, for the same Request-URI as it left with.
bool Endpoint::Core::is_loop(const Message& request) const {
  return std::ranges::any_of(request.headers(), [&](const HeaderField& field) {
    if (field.name != HeaderName::via) return false;
    const auto at = field.value.find(marker);
    if (at == std::string_view::npos) return false;
    const std::string target = fmt::format("{:08x}", keyed_hash(key, request.request_uri().text) & 0xffffffff);
    return field.value.substr(at + marker.size()).starts_with(target);
  });
}

// What needs no look at dialogs (RFC 3261 section 8.2); true if it was answered.
bool Endpoint::Core::refuse_early(const Flow& flow, const Message& message) {
  const auto refuse_with = [&](int status, HeaderName name, std::string_view value) {
    const HeaderLine line{name, {}, value};
    refuse(flow, message, status, {&line, 1});
    return true;
  };
  const Method method = message.method();
  if (!allowed.at(static_cast<std::size_t>(method))) return refuse_with(405, HeaderName::allow, options.allow);
  const Uri& target = message.request_uri();
  if (!target.is_sip() && !equals_ignoring_case(target.scheme, "tel")) return refuse(flow, message, 416), true;
  if (breaks_sips(target.text, flow.transport)) {
    const std::string text = print(Warning{380, options.host, "SIPS is not taken over a clear transport"});
    return refuse_with(480, HeaderName::warning, text);
  }
  if (message.max_forwards() == 0U && method != Method::options) return refuse(flow, message, 483), true;
  if (const std::string tags = unsupported_extensions(message, options.supported); !tags.empty())
    return refuse_with(420, HeaderName::unsupported, tags);
  if (has_encoding(message)) return refuse(flow, message, 415), true;
  if (method == Method::refer && !has_one_refer_to(message)) return refuse(flow, message, 400), true;
  // New work is turned away first when there is too much: what ends calls still passes.
  const bool in_dialog = !message.to().tag.empty();
  if (in_dialog ? transactions() >= 2 * limits::sip_transactions : full())
    return refuse_with(503, HeaderName::retry_after, "10");
  if (in_dialog) return false;
  if (overload_in.loss() != 0 && overload_in.sheds(message, options.random())) {
    ++turned_away;
    // Who cuts by itself is told by how much in the Via, and shall not stop altogether (RFC 7339 section 5.10.2).
    if (offers_overload_control(message.top_via())) return refuse(flow, message, 503), true;
    return refuse_with(503, HeaderName::retry_after, "2");
  }
  if (is_loop(message) || servers.is_merged(message)) return refuse(flow, message, 482), true;
  return false;
}

void Endpoint::Core::receive_ack(const Flow& flow, const MessagePtr& message, Time now) {
  Leg* found = find_leg(*message);
  if (found == nullptr || !found->answer || found->answer->cseq() != message->cseq().number) return;
  if (!is_same_peer(*found, flow)) return;
  found->session_id.receive(*message);
  found->answer.reset();
  found->answer_bytes.clear();
  found->acked = true;
  (void)found->session.received(OfferAnswerState::Carrier::ack, hear(*found, *message));
  if (found->bye_due) return send_bye(*found, now);
  if (found->silent) return;
  events.push_back(Acked{found->id, message});
  advance_reinvite(*found, now);
}

void Endpoint::Core::receive_cancel(const Flow& flow, const MessagePtr& message, Time now) {
  ServerTransaction* invite = servers.find_cancelled(*message);
  // CANCEL is hop by hop: it comes from where its INVITE came from.
  const bool same_peer =
      invite != nullptr && (invite->route.flow == flow.id || invite->route.address.ip == flow.remote.ip);
  if (!same_peer) return refuse(flow, *message, 481);
  ServerTransaction& cancel = start_server(flow, message, now);
  cancel.to_tag = invite->to_tag;
  respond(cancel, 200, {}, now);
  if (invite->answered()) return;
  Leg* used = leg(invite->user);
  respond(*invite, 487, {.status = 487}, now);
  if (used == nullptr) return;
  close_provisionals(*used, now);
  if (used->state == Leg::State::confirmed) return advance_reinvite(*used, now);  // the session stays as it was
  end_leg(*used, "the caller cancelled", message);
}

void Endpoint::Core::receive_in_dialog(const Flow& flow, const MessagePtr& message, Time now) {
  Leg* found = find_leg(*message);
  const Method method = message->method();
  if (found == nullptr && method == Method::prack) return answer_late_prack(flow, message, now);
  if (found == nullptr) return receive_in_subscription(flow, message, now);
  // A subscription outlives the call whose dialog it shares (RFC 5057 section 4.1).
  const bool of_subscription = method == Method::subscribe || method == Method::notify;
  const bool gone = found->silent && method != Method::bye && !(of_subscription && !found->subscriptions.empty());
  if (gone) return refuse(flow, *message, 481);
  if (!is_same_peer(*found, flow)) return refuse(flow, *message, 481);
  if (!found->dialog.receive_request(*message)) return refuse(flow, *message, 500);
  bind(*found, flow);
  found->session_id.receive(*message);
  ServerTransaction& transaction = start_server(flow, message, now);
  transaction.user = found->id.value;
  if (method == Method::invite) return receive_reinvite(*found, transaction, message, now);
  if (method == Method::bye) return receive_bye(*found, transaction, message, now);
  if (method == Method::subscribe) return receive_subscribe(*found, found, flow, transaction, now);
  if (method == Method::notify) return receive_notify(*found, transaction, message, now);
  if (method == Method::prack) return receive_prack(*found, transaction, message, now);
  // RFC 6086 section 4.2.2: no package was invited.
  if (method == Method::info && message->has(HeaderName::info_package))
    return respond(transaction, 469, {.status = 469, .headers = {{"Recv-Info", ""}}}, now);
  if (method == Method::update) return receive_update(flow, *found, transaction, message, now);
  events.push_back(IncomingRequest{ServerRequestId{transaction.id.value}, found->id, flow, message});
}

void Endpoint::Core::receive_new(const Flow& flow, const MessagePtr& message, Time now) {
  if (message->method() == Method::invite) return receive_invite(flow, message, now);
  if (message->method() == Method::subscribe) return receive_new_subscribe(flow, message, now);
  if (needs_dialog(message->method())) return refuse(flow, *message, 481);
  const ServerTransaction& transaction = start_server(flow, message, now);
  events.push_back(IncomingRequest{ServerRequestId{transaction.id.value}, LegId{}, flow, message});
}

}  // namespace ringwall::sip
