#include <algorithm>

#include "sip/endpoint/core.h"
#include "sip/message/auth_params.h"
#include "sip/message/grammar.h"

// A request of ours that was challenged is sent again with credentials (RFC 3261 sections 8.1.3.5 and 22.2): the same
// Call-ID, To and From, the next CSeq, a new branch. Whoever asked for it sees nothing of that.
namespace ringwall::sip {
namespace {

// Two proxies and a server, each with a nonce that went stale once.
constexpr std::uint8_t most_challenges = 6;

struct Kind {
  HeaderName challenge, credentials;
};
constexpr Kind kinds[] = {{HeaderName::www_authenticate, HeaderName::authorization},
                          {HeaderName::proxy_authenticate, HeaderName::proxy_authorization}};

std::string realm_of(std::string_view value) {
  const auto parsed = parse_auth(value);
  return parsed ? parsed->text("realm") : std::string();
}

bool has_credentials(const Message& request, HeaderName name, std::string_view realm) {
  return std::ranges::any_of(request.headers(), [&](const HeaderField& field) {
    return field.name == name && realm_of(field.value) == realm;
  });
}

/// Whether the refusal asks for what the request has given already, and not because its nonce went stale: the
/// credentials are wrong, and the same ones will not be right the second time.
bool refuses_credentials(const Message& refusal, const Message& request) {
  for (const auto& [challenge, credentials] : kinds) {
    for (const HeaderField& field : refusal.headers()) {
      if (field.name != challenge) continue;
      const auto value = parse_auth(field.value);
      if (!value || !has_credentials(request, credentials, value->text("realm"))) continue;
      if (!grammar::same(value->text("stale"), "true")) return true;
    }
  }
  return false;
}

}  // namespace

/// The headers to repeat the request with; empty: the refusal is final.
Headers Endpoint::Core::answer_challenge(const ClientTransaction& transaction, const Message& refusal) const {
  if (transaction.challenges >= most_challenges || transaction.request.empty()) return {};
  const auto request = Message::parse(transaction.request);
  if (!request || refuses_credentials(refusal, *request)) return {};
  Headers out = options.authorize(
      {refusal, request->method_name(), request->request_uri().text, request->body(), transaction.route.peer});
  // Those for other realms on the way still hold.
  for (const HeaderField& field : request->headers()) {
    if (field.name != HeaderName::authorization && field.name != HeaderName::proxy_authorization) continue;
    const bool renewed = std::ranges::any_of(out, [&](const auto& header) {
      return parse_header_name(header.first) == field.name && realm_of(header.second) == realm_of(field.value);
    });
    if (!renewed && !out.empty()) out.emplace_back(field.text_name, field.value);
  }
  return out;
}

/// True if a 401 or 407 was answered.
bool Endpoint::Core::authorize(ClientTransaction& transaction, const MessagePtr& refusal, Time now) {
  const bool challenged = refusal->status() == 401 || refusal->status() == 407;
  if (!challenged || !options.authorize || static_cast<Purpose>(transaction.purpose) == Purpose::cancel || full())
    return false;
  if (transaction.method != Method::invite) {
    const Headers headers = answer_challenge(transaction, *refusal);
    return !headers.empty() && repeat_request(transaction, headers, now);
  }
  // An INVITE is a new transaction: the old one still acknowledges the refusal.
  Leg* used = leg(transaction.user);
  if (used == nullptr || used->client_invite != transaction.id || used->silent) return false;
  const Headers headers = answer_challenge(transaction, *refusal);
  if (headers.empty()) return false;
  used->session.refused(OfferAnswerState::Carrier::invite);
  if (!repeat_invite(transaction, *used, headers, now)) return false;
  clients.find(used->client_invite)->challenges = static_cast<std::uint8_t>(transaction.challenges + 1);
  return true;
}

/// Any other request keeps its number, by which those who wait for it know it.
bool Endpoint::Core::repeat_request(ClientTransaction& transaction, const Headers& headers, Time now) {
  const auto request = Message::parse(transaction.request);
  if (!request) return false;
  Subscription* refer = transaction.method == Method::refer ? subscriptions.find(transaction.id.value) : nullptr;
  DialogPath* path = refer != nullptr ? &path_of(*refer) : path_of(transaction.user);
  if (path == nullptr) last_cseq = last_cseq % 0x7fffffff + 1;
  const std::uint32_t cseq = path != nullptr ? path->dialog.next_cseq() : last_cseq;
  if (refer != nullptr) refer->event_id = std::to_string(cseq);  // by which NOTIFYs name it (RFC 3515 section 2.4.6)
  std::string branch = new_branch(request->request_uri().text);
  std::string bytes = write_again(*request, transaction.route.transport, branch, cseq, headers);
  const TransactionId id = transaction.id;
  const Method method = transaction.method;
  const auto [route, slot, user, purpose, challenges] =
      std::tuple(transaction.route, transaction.slot, transaction.user, transaction.purpose, transaction.challenges);
  clients.erase(id);
  ClientTransaction& again = clients.add(id, method, std::move(branch), timing(route.transport), now);
  again.route = route;
  again.slot = slot;
  again.user = user;
  again.purpose = purpose;
  again.challenges = static_cast<std::uint8_t>(challenges + 1);
  again.request = bytes;
  if (route.flow) flows.join(again.member, route.flow);
  send(id.value, route, std::move(bytes));
  return true;
}

}  // namespace ringwall::sip
