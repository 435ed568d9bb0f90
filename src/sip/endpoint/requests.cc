#include "sip/endpoint/core.h"

namespace ringwall::sip {
namespace {

// INVITE, ACK, CANCEL and BYE have calls of their own; `other` has no name to send.
bool can_request(Method method) {
  switch (method) {
    case Method::invite:
    case Method::ack:
    case Method::cancel:
    case Method::bye:
    case Method::other:
      return false;
    default:
      return true;
  }
}

}  // namespace

RequestId Endpoint::Core::request(Method method, Outgoing request, Time now) {
  const bool possible = can_request(method);
  if (!possible || full()) {
    const RequestId id{++last_id};
    events.push_back(
        Completed{id, possible ? 503 : 405, possible ? "too many transactions" : "not sent outside a dialog", nullptr});
    return id;
  }
  std::string call_id = request.call_id.empty() ? new_token() + new_token() + "@" + options.host : request.call_id;
  std::string branch = new_branch();
  std::string bytes = write_outgoing(method, request, call_id, new_token(), branch);
  return {start_client(method, std::move(branch), std::move(bytes), request.route, Purpose::request, LegId{}, now)
              .id.value};
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
  std::string branch = new_branch();
  std::string bytes = write_in_dialog(*used, method, used->dialog.next_cseq(), branch, headers, body);
  return {start_client(method, std::move(branch), std::move(bytes), Route(used->route), Purpose::request, id, now)
              .id.value};
}

void Endpoint::Core::respond(ServerRequestId id, Answer answer, Time now) {
  ServerTransaction* transaction = servers.find(TransactionId{id.value});
  if (transaction == nullptr || transaction->request->method() == Method::invite) return;
  if (answer.status < 100 || answer.status > 699) answer.status = 500;
  const bool refreshes = transaction->request->method() == Method::update && answer.status / 100 == 2;
  if (Leg* used = leg(transaction->user); used != nullptr && refreshes)
    used->dialog.refresh_target(*transaction->request);
  respond(*transaction, answer.status, answer, now);
}

}  // namespace ringwall::sip
