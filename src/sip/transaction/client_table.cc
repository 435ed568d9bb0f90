#include "sip/transaction/client_table.h"

#include "base/check.h"
#include "sip/message/identity_headers.h"

namespace ringwall::sip {
namespace {

// What ACK and CANCEL copy from the INVITE: Request-URI, top Via, Route, From, Call-ID and the CSeq number.
std::string copy_invite(const Message& invite, std::string_view method, std::string_view to,
                        const std::vector<std::pair<std::string, std::string>>& extra) {
  MessageWriter writer;
  writer.request(method, invite.request_uri().text);
  writer.header(HeaderName::via, invite.header(HeaderName::via));
  writer.header(HeaderName::max_forwards, "70");
  for (const HeaderField& field : invite.headers())
    if (field.name == HeaderName::route) writer.header(HeaderName::route, field.value);
  writer.header(HeaderName::from, invite.header(HeaderName::from));
  writer.header(HeaderName::to, to);
  writer.header(HeaderName::call_id, invite.call_id());
  writer.header(HeaderName::cseq, fmt::format("{} {}", invite.cseq().number, method));
  for (const auto& [name, value] : extra)
    writer.header(name, value);
  return writer.finish();
}

// Branches are ours and random: nobody else chooses what the table holds.
std::uint64_t hash_of(std::string_view branch) {
  return std::hash<std::string_view>{}(branch);
}

}  // namespace

const std::string* ClientTransaction::find_ack(std::string_view to_tag) const {
  for (const auto& [tag, ack] : acks)
    if (tag == to_tag) return &ack;
  return nullptr;
}

Step ClientTransaction::receive(int status, Time now) {
  return std::visit([&](auto& one) { return one.receive(status, now); }, machine);
}
Step ClientTransaction::expire(Time now) {
  return std::visit([&](auto& one) { return one.expire(now); }, machine);
}
Step ClientTransaction::transport_failed() {
  return std::visit([](auto& one) { return one.transport_failed(); }, machine);
}
void ClientTransaction::give_up(Time now) {
  if (auto* invite = std::get_if<ClientInvite>(&machine)) invite->give_up(now);
}
bool ClientTransaction::provisional() const {
  const auto* invite = std::get_if<ClientInvite>(&machine);
  return invite != nullptr && invite->state() == ClientInvite::State::proceeding;
}
bool ClientTransaction::terminated() const {
  return std::visit([](const auto& one) { return one.terminated(); }, machine);
}
bool ClientTransaction::answered() const {
  return std::visit([](const auto& one) { return one.answered(); }, machine);
}
Time ClientTransaction::next_timer() const {
  return std::visit([](const auto& one) { return one.next_timer(); }, machine);
}

ClientTransaction& ClientTable::add(TransactionId id, Method method, std::string branch, const Timing& timing,
                                    Time now) {
  auto made = std::make_unique<ClientTransaction>(id, method);
  made->branch = std::move(branch);
  if (method == Method::invite) {
    made->machine.emplace<ClientInvite>(timing, now);
  } else {
    made->machine.emplace<ClientNonInvite>(timing, now);
  }
  ClientTransaction& out = *made;
  const std::uint64_t hash = hash_of(out.branch);
  CHECK(branches(method).find(hash, [&](const auto* one) { return one->branch == out.branch; }) == nullptr);
  branches(method).insert(hash, &out);
  by_id_.insert(id.value, std::move(made));
  return out;
}

ClientTransaction* ClientTable::find(const Message& response) {
  const std::string_view branch = response.top_via().branch;
  ClientTransaction** found = branches(response.cseq().method).find(hash_of(branch), [&](const auto* one) {
    return one->branch == branch && one->method == response.cseq().method;
  });
  return found == nullptr ? nullptr : *found;
}

ClientTransaction* ClientTable::find(TransactionId id) {
  auto* found = by_id_.find(id.value, [id](const auto& one) { return one->id == id; });
  return found == nullptr ? nullptr : found->get();
}

void ClientTable::erase(TransactionId id) {
  const ClientTransaction* known = find(id);
  if (known == nullptr) return;
  branches(known->method).erase(hash_of(known->branch), [known](const auto* one) { return one == known; });
  by_id_.erase(id.value, [known](const auto& one) { return one.get() == known; });
}

std::string make_ack(std::string_view invite, const Message& response) {
  const auto ours = Message::parse(invite);
  CHECK(ours.has_value());
  std::vector<std::pair<std::string, std::string>> extra;
  if (std::string value = next_session_id(*ours, response); !value.empty())
    extra.emplace_back("Session-ID", std::move(value));
  return copy_invite(*ours, "ACK", response.header(HeaderName::to), extra);
}

std::string make_cancel(std::string_view invite, const std::vector<std::pair<std::string, std::string>>& extra) {
  const auto ours = Message::parse(invite);
  CHECK(ours.has_value());
  return copy_invite(*ours, "CANCEL", ours->header(HeaderName::to), extra);
}

}  // namespace ringwall::sip
