#include "runtime/source_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/result.h"

namespace ringwall::runtime {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
constexpr Duration kMinute = std::chrono::minutes(1);
constexpr std::size_t kFloodFactor = 5;  ///< so far above the limit for connects, it is an attack
constexpr Duration kTransactionLife = std::chrono::seconds(32);  // 64*T1
constexpr Duration kVouchedFor = std::chrono::hours(1);          // after the last sign of life

/// "192.0.2.1", or the /64 of an IPv6 address.
std::string key_of(std::string_view ip) {
  if (ip.find(':') == std::string_view::npos || ip.ends_with("/64")) return std::string(ip);
  in6_addr address{};
  const std::string text(ip.substr(0, ip.find('%')));
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::string(ip);
  // The loopback net is one host's: its addresses stand for themselves.
  if (IN6_IS_ADDR_LOOPBACK(&address)) return text;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, &address, out.data(), out.size());
  return std::string(out.data()) + "/64";
}

std::set<std::string, std::less<>> keys_of(const std::vector<std::string>& addresses) {
  std::set<std::string, std::less<>> out;
  for (const std::string& address : addresses)
    out.insert(key_of(address));
  return out;
}

}  // namespace

std::string_view print(Harm harm) {
  switch (harm) {
    case Harm::refused:
      return "refused requests";
    case Harm::malformed:
      return "malformed messages";
    case Harm::digest_failure:
      break;
  }
  return "wrong credentials";
}

std::size_t SourceGuard::Window::add(Time now, Duration length) {
  if (now - began >= length) {
    began = now;
    count = 0;
  }
  return ++count;
}

void SourceGuard::set_rules(SourceRules rules) {
  rules_ = std::move(rules);
  never_blocked_ = keys_of(rules_.never_blocked);
  known_ = keys_of(rules_.known);
  for (Source& source : sources_) {
    classify(source);
    if (source.exempt && source.is_blocked) release(source);
  }
}

void SourceGuard::classify(Source& source) const {
  source.exempt = never_blocked_.contains(source.key);
  source.known_address = known_.contains(source.key);
}

SourceGuard::Source& SourceGuard::source_of(std::string_view ip) {
  const std::string key = key_of(ip);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    sources_.splice(sources_.begin(), sources_, found->second);
    return sources_.front();
  }
  if (sources_.size() >= limits::sources_watched) {
    Source& last = sources_.back();
    if (last.is_blocked) release(last);
    by_key_.erase(last.key);
    sources_.pop_back();
    note("sources watched");
  }
  sources_.emplace_front().key = key;
  by_key_.emplace(sources_.front().key, sources_.begin());
  classify(sources_.front());
  return sources_.front();
}

void SourceGuard::note(std::string_view limit) {
  const auto found = hits_.find(limit);
  ++(found == hits_.end() ? hits_[std::string(limit)] : found->second);
}

bool SourceGuard::still_blocked(Source& source, Time now) {
  if (source.is_blocked && now >= source.blocked_until) release(source);
  return source.is_blocked;
}

void SourceGuard::release(Source& source) {
  source.is_blocked = false;
  source.reason.clear();
  source.messages = source.harms = source.connects = source.digest_failures = {};
  --blocked_count_;
}

void SourceGuard::block(Source& source, std::string reason, Time now) {
  note(reason);
  if (source.is_blocked) return;
  source.is_blocked = true;
  source.blocked_until = now + rules_.block_time;
  source.since = wall_now();
  source.reason = std::move(reason);
  source.dropped = 0;
  ++blocked_count_;
  // Whoever does not ask for them has no use for more than a few.
  if (fresh_.size() < limits::handshake_failures_kept)
    fresh_.push_back(
        {source.key, source.reason, source.since, std::chrono::duration_cast<std::chrono::seconds>(rules_.block_time)});
}

SourceGuard::Verdict SourceGuard::message(std::string_view ip, bool request, Time now) {
  Source& source = source_of(ip);
  if (source.exempt) return Verdict::pass;
  if (still_blocked(source, now)) {
    ++source.dropped;
    return Verdict::drop;
  }
  const bool too_many = source.messages.add(now, kSecond) > rules_.messages_per_second;
  const bool too_busy = request && source.transactions.add(now, kTransactionLife) > rules_.transactions;
  if (known(source, now)) {
    source.known_until = std::max(source.known_until, now + kVouchedFor);
    if (!too_many && !too_busy) return Verdict::pass;
    note(too_many ? "too many messages" : "too many transactions");
    return Verdict::overload;
  }
  if (!too_many && !too_busy) return Verdict::pass;
  block(source, too_many ? "too many messages" : "too many transactions", now);
  return Verdict::drop;
}

bool SourceGuard::connect(std::string_view ip, Time now) {
  Source& source = source_of(ip);
  if (source.exempt) return true;
  if (still_blocked(source, now)) {
    ++source.dropped;
    return false;
  }
  const std::size_t count = source.connects.add(now, kSecond);
  if (count <= rules_.connects_per_second || known(source, now)) return true;
  // Phones behind one address come back all at once after an outage: the rest of them may try again.
  if (count > kFloodFactor * rules_.connects_per_second)
    block(source, "too many connections", now);
  else
    note("too many connections");
  return false;
}

bool SourceGuard::blocked(std::string_view ip, Time now) {
  if (blocked_count_ == 0) return false;
  const auto found = by_key_.find(key_of(ip));
  return found != by_key_.end() && still_blocked(*found->second, now);
}

bool SourceGuard::drops(std::string_view ip, Time now) {
  if (!blocked(ip, now)) return false;
  ++source_of(ip).dropped;
  return true;
}

void SourceGuard::report(std::string_view ip, Harm harm, Time now) {
  Source& source = source_of(ip);
  if (source.exempt || still_blocked(source, now)) return;
  if (harm == Harm::digest_failure) {
    // Guessing passwords is no matter of rate: also one who may be here is blocked for it.
    if (source.digest_failures.add(now, kMinute) >= rules_.digest_failures_per_minute)
      block(source, std::string(print(harm)), now);
    return;
  }
  if (source.harms.add(now, kSecond) > rules_.harms_per_second && !known(source, now))
    block(source, std::string(print(harm)), now);
}

void SourceGuard::vouch(std::string_view ip, Time now) {
  source_of(ip).known_until = now + kVouchedFor;
}

bool SourceGuard::unblock(std::string_view ip) {
  const auto found = by_key_.find(key_of(ip));
  if (found == by_key_.end() || !found->second->is_blocked) return false;
  release(*found->second);
  return true;
}

std::optional<BlockedSource> SourceGuard::poll_blocked() {
  if (fresh_.empty()) return std::nullopt;
  BlockedSource out = std::move(fresh_.front());
  fresh_.pop_front();
  return out;
}

std::vector<BlockedSource> SourceGuard::list_blocked(Time now) const {
  std::vector<BlockedSource> out;
  if (blocked_count_ == 0) return out;
  for (const Source& source : sources_)
    if (source.is_blocked && source.blocked_until > now)
      out.push_back({source.key, source.reason, source.since,
                     std::chrono::ceil<std::chrono::seconds>(source.blocked_until - now), source.dropped});
  return out;
}

}  // namespace ringwall::runtime
