#include "sip/transaction/server_table.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";

// The part of RFC 2543's matching that the Via does not say. An ACK has the To tag of the response that it is for, and
// that one is its transaction's own; so its tag is not compared.
bool is_same_old_request(const Message& known, const Message& request) {
  return known.request_uri().text == request.request_uri().text && known.call_id() == request.call_id() &&
         known.from().tag == request.from().tag && known.cseq().number == request.cseq().number &&
         (request.method() == Method::ack || known.to().tag == request.to().tag);
}

/// Hosts compare without case; nearly all are written in lower case.
std::uint64_t host_hash(const HashKey& key, std::string_view host) {
  const bool lower = std::ranges::none_of(host, [](char c) { return c >= 'A' && c <= 'Z'; });
  return lower ? keyed_hash(key, host) : keyed_hash(key, to_lower(host));
}

}  // namespace

BranchKind branch_kind(const Message& request) {
  const std::string_view branch = request.top_via().branch;
  if (!branch.starts_with(magic_cookie)) return BranchKind::old;
  return branch.size() == magic_cookie.size() ? BranchKind::bare : BranchKind::cookie;
}

Step ServerTransaction::receive_again() {
  if (auto* invite = std::get_if<ServerInvite>(&machine)) return invite->receive_invite();
  return std::get<ServerNonInvite>(machine).receive_request();
}
Step ServerTransaction::receive_ack(Time now) {
  auto* invite = std::get_if<ServerInvite>(&machine);
  return invite == nullptr ? Step{} : invite->receive_ack(now);
}
Step ServerTransaction::respond(int status, Time now) {
  return std::visit([&](auto& one) { return one.respond(status, now); }, machine);
}
Step ServerTransaction::expire(Time now) {
  return std::visit([&](auto& one) { return one.expire(now); }, machine);
}
Step ServerTransaction::transport_failed() {
  return std::visit([](auto& one) { return one.transport_failed(); }, machine);
}
bool ServerTransaction::terminated() const {
  return std::visit([](const auto& one) { return one.terminated(); }, machine);
}
bool ServerTransaction::answered() const {
  return std::visit([](const auto& one) { return one.answered(); }, machine);
}
Time ServerTransaction::next_timer() const {
  return std::visit([](const auto& one) { return one.next_timer(); }, machine);
}

std::string_view ServerTable::matching_method(const Message& request) {
  return request.method() == Method::ack ? "INVITE" : request.method_name();
}

std::uint64_t ServerTable::match_hash(const Message& request, std::string_view method) const {
  const Via& via = request.top_via();
  // The host too: a peer may write one branch with many of them.
  const std::uint64_t sent_by = mix(host_hash(key_, via.host), via.port);
  const std::uint64_t hash = mix(mix(keyed_hash(key_, via.branch), sent_by), keyed_hash(key_, method));
  return branch_kind(request) == BranchKind::cookie ? hash : mix(hash, merge_hash(request));
}

std::uint64_t ServerTable::merge_hash(const Message& request) const {
  const std::uint64_t dialog = mix(keyed_hash(key_, request.call_id()), keyed_hash(key_, request.from().tag));
  return mix(dialog, request.cseq().number);
}

ServerTransaction& ServerTable::add(TransactionId id, MessagePtr request, const Timing& timing, Time now) {
  auto made = std::make_unique<ServerTransaction>(id, std::move(request));
  made->reliable = timing.reliable;
  const Message& message = *made->request;
  if (message.method() == Method::invite) {
    made->machine.emplace<ServerInvite>(timing);
  } else {
    made->machine.emplace<ServerNonInvite>(timing, now);
  }
  ServerTransaction& out = *made;
  out.match_hash = match_hash(message, matching_method(message));
  out.merge_hash = merge_hash(message);
  by_match_.insert(out.match_hash, &out);
  if (message.to().tag.empty()) by_merge_.insert(out.merge_hash, &out);
  by_id_.insert(id.value, std::move(made));
  return out;
}

ServerTransaction* ServerTable::find_as(const Message& request, std::string_view method) {
  const Via& via = request.top_via();
  ServerTransaction** found = by_match_.find(match_hash(request, method), [&](const ServerTransaction* one) {
    const Message& known = *one->request;
    const Via& other = known.top_via();
    return other.branch == via.branch && other.port == via.port && equals_ignoring_case(other.host, via.host) &&
           known.method_name() == method &&
           (branch_kind(request) == BranchKind::cookie || is_same_old_request(known, request));
  });
  return found == nullptr ? nullptr : *found;
}

bool ServerTable::is_merged(const Message& request) const {
  if (!request.to().tag.empty()) return false;
  return by_merge_.find(merge_hash(request), [&](const ServerTransaction* one) {
    const Message& known = *one->request;
    return known.call_id() == request.call_id() && known.from().tag == request.from().tag &&
           known.cseq().number == request.cseq().number && known.method_name() == request.method_name();
  }) != nullptr;
}

ServerTransaction* ServerTable::find(TransactionId id) {
  auto* found = by_id_.find(id.value, [id](const auto& one) { return one->id == id; });
  return found == nullptr ? nullptr : found->get();
}

void ServerTable::erase(TransactionId id) {
  const ServerTransaction* known = find(id);
  if (known == nullptr) return;
  const auto is_it = [known](const ServerTransaction* one) { return one == known; };
  by_match_.erase(known->match_hash, is_it);
  by_merge_.erase(known->merge_hash, is_it);
  by_id_.erase(id.value, [known](const auto& one) { return one.get() == known; });
}

}  // namespace ringwall::sip
