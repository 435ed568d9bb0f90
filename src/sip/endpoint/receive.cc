#include "sip/endpoint/core.h"
#include "sip/message/list_headers.h"
#include "sip/message/warning.h"

namespace ringwall::sip {

void Endpoint::Core::receive(const Flow& flow, std::string_view bytes, Time now) {
  auto parsed = Message::parse(bytes);
  if (!parsed) return answer_malformed(flow, bytes, parsed.error());
  auto message = std::make_shared<const Message>(std::move(*parsed));
  if (message->is_request()) {
    receive_request(flow, std::move(message), now);
  } else {
    receive_response(flow, std::move(message), now);
  }
}

void Endpoint::Core::answer_malformed(const Flow& flow, std::string_view bytes, const ParseError& error) {
  ++malformed;
  if (!error.answerable || bytes.starts_with("ACK ")) return;
  auto answer = make_error_response(bytes, error, new_token());
  if (!answer) return;
  const std::string warning = print(Warning{399, options.host.empty() ? options.name : options.host, error.reason});
  const auto end = answer->find("\r\n\r\n");
  if (end != std::string::npos) answer->insert(end, "\r\nWarning: " + warning);
  send(++last_id, {flow.id, flow.transport, flow.remote, flow.peer}, std::move(*answer));
}

void Endpoint::Core::receive_response(const Flow& flow, MessagePtr message, Time now) {
  ClientTransaction* transaction = clients.find(*message);
  if (transaction == nullptr) return;                     // late or stray: section 18.1.2 has nowhere to send it
  if (!has_one_value(*message, HeaderName::via)) return;  // section 8.1.3.3: it was for somebody before us
  if (options.overload_control) overload_out.learn(transaction->route.address, message->top_via(), now);
  if (!transaction->member.flow()) {
    transaction->route.flow = flow.id;
    flows.join(transaction->member, flow.id);
  }
  if (DialogPath* used = path_of(transaction->user)) {
    bind(*used, flow);
    used->session_id.receive(*message);
  }
  apply(*transaction, transaction->receive(message->status(), now), message, {}, 0, now);
}

// A final response to one of our requests that is no INVITE.
void Endpoint::Core::final_response(ClientTransaction& transaction, const MessagePtr& message, Time now) {
  Leg* used = leg(transaction.user);
  switch (static_cast<Purpose>(transaction.purpose)) {
    case Purpose::bye:
      if (used != nullptr) erase(*used);
      return;
    case Purpose::request: {
      const int status = message->status();
      events.push_back(
          Completed{RequestId{transaction.id.value}, status, std::string(message->reason_phrase()), message});
      refer_answered(transaction, message);
      if (used == nullptr || used->silent) return;
      if (used->own_update == transaction.id) update_response(*used, *message, now);
      if (used->state != Leg::State::confirmed) return;  // the INVITE decides about an early dialog
      // Section 12.2.1.2: the peer knows the dialog no more.
      if (status == 481 || status == 408) end_by_us(*used, "the peer no longer knows the dialog", now);
      return;
    }
    case Purpose::refresh:
      if (used != nullptr && !used->silent) refresh_response(*used, message, now);
      return;
    case Purpose::subscribe:
      return subscribe_answered(transaction, message->status(), std::string(message->reason_phrase()), message, now);
    case Purpose::notify:
      return notify_answered(transaction, message->status(), false, now);
    default:
      return;  // of a CANCEL: the answer to its INVITE is what counts
  }
}

void Endpoint::Core::no_response(ClientTransaction& transaction, int status, const Error& why, Time now) {
  Leg* used = leg(transaction.user);
  const auto purpose = static_cast<Purpose>(transaction.purpose);
  if (purpose == Purpose::subscribe) return subscribe_answered(transaction, status, why.text(), nullptr, now);
  if (purpose == Purpose::notify) return notify_answered(transaction, status, true, now);
  if (purpose == Purpose::request) {
    events.push_back(Completed{RequestId{transaction.id.value}, status, why.text(), nullptr});
    refer_answered(transaction, nullptr);
  }
  if (used == nullptr) return;
  switch (purpose) {
    case Purpose::invite:
      return invite_failure(transaction, *used, status, why.text(), nullptr, now);
    case Purpose::reinvite:
      return invite_failure(transaction, *used, status, why.text(), nullptr, now);
    case Purpose::refresh:
      used->own_update = {};
      if (transaction.method == Method::invite)
        return invite_failure(transaction, *used, status, why.text(), nullptr, now);
      return refresh_failed(*used, status, nullptr, now);
    case Purpose::bye:
      return erase(*used);
    case Purpose::request:
      if (used->own_update == transaction.id) update_failed(*used, now);
      if (used->state != Leg::State::confirmed) return;
      if (status == 408 && !used->silent) end_by_us(*used, "no response to a request in the dialog", now);
      return;
    default:
      return;  // of a CANCEL: the INVITE gives up by itself
  }
}

}  // namespace ringwall::sip
