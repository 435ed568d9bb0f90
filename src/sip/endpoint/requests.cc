#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/endpoint/sips.h"

namespace ringwall::sip {
namespace {

// INVITE, ACK, CANCEL, BYE and PRACK have calls of their own; `other` has no name to send.
bool can_request(Method method) {
  switch (method) {
    case Method::invite:
    case Method::ack:
    case Method::cancel:
    case Method::bye:
    case Method::prack:
    case Method::other:
      return false;
    default:
      return true;
  }
}

}  // namespace

RequestId Endpoint::Core::request(Method method, Outgoing request, Time now) {
  const auto fail = [&](int status, std::string_view reason) {
    const RequestId id{++last_id};
    events.push_back(Completed{id, status, std::string(reason), nullptr});
    return id;
  };
  if (!can_request(method) && request.method_name.empty()) return fail(405, "not sent outside a dialog");
  if (method != Method::options && overload_out.any() &&
      !overload_out.admits(request.route.address, false, options.random(), now))
    return fail(503, "its server asks for fewer requests");
  if (breaks_sips(request.request_uri, request.route.transport))
    return fail(480, "a sips URI is sent to over TLS only");
  if (full()) return fail(503, "too many transactions");
  std::string call_id = request.call_id.empty() ? new_call_id() : request.call_id;
  std::string tag = new_token();
  std::string branch = new_branch(request.request_uri);
  std::string bytes = write_outgoing(method, request, call_id, tag, branch);
  ClientTransaction& made =
      start_client(method, std::move(branch), std::move(bytes), request.route, Purpose::request, LegId{}, now);
  const RequestId out{made.id.value};
  if (method == Method::refer && can_subscribe(nullptr)) {
    auto own = add_dialog(true, Dialog::caller(std::move(call_id), request.from, request.to, request.request_uri,
                                               std::move(tag), last_cseq));
    own->route = request.route;
    expect_refer(std::move(own), nullptr, made, last_cseq, now);
  }
  return out;
}

RequestId Endpoint::Core::request_in_dialog(LegId id, Method method, const Headers& headers, const Body& body,
                                            Time now) {
  Leg* used = leg(id);
  const bool alive = used != nullptr && !used->silent && used->dialog.state() != Dialog::State::none;
  if (!alive || !can_request(method)) {
    const RequestId failed{++last_id};
    events.push_back(
        Completed{failed, alive ? 405 : 481, alive ? "not sent by this call" : "there is no dialog", nullptr});
    return failed;
  }
  const bool offers = method == Method::update && is_description(body);
  if (method == Method::update && !may_update(*used, offers)) {  // RFC 3311 section 5.1
    const RequestId failed{++last_id};
    events.push_back(Completed{failed, 491, "another offer or UPDATE is under way", nullptr});
    return failed;
  }
  std::string branch = new_branch();
  const std::uint32_t cseq = used->dialog.next_cseq();
  Headers all = headers;
  if (method == Method::update && used->state == Leg::State::confirmed) ask_for_session(used, all);
  std::string bytes = write_in_dialog(*used, method, cseq, branch, all, body);
  const ClientTransaction& made =
      start_client(method, std::move(branch), std::move(bytes), Route(used->route), Purpose::request, id, now);
  if (method == Method::update) used->own_update = made.id;
  if (offers) {
    (void)used->session.sent(OfferAnswerState::Carrier::update, true);
    used->description = body.content;
  }
  if (method == Method::refer && can_subscribe(used)) expect_refer(nullptr, used, made, cseq, now);
  return RequestId{made.id.value};
}

void Endpoint::Core::respond(ServerRequestId id, Answer answer, Time now) {
  ServerTransaction* transaction = servers.find(TransactionId{id.value});
  if (transaction == nullptr || transaction->request->method() == Method::invite) return;
  if (answer.status < 100 || answer.status > 699) answer.status = 500;
  Leg* used = leg(transaction->user);
  if (used != nullptr) settle_answer(*used, *transaction, answer, now);
  respond(*transaction, answer.status, answer, now);
  if (used == nullptr) return;
  advance_reliable(*used, now);
  advance_reinvite(*used, now);
}

}  // namespace ringwall::sip
