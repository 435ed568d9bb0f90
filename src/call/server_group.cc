#include "call/server_group.h"

#include <algorithm>

#include "base/text.h"

namespace ringwall::call {
namespace {

using namespace std::chrono_literals;

constexpr auto rest_of_overloaded = 5s;    ///< where no Retry-After says otherwise
constexpr auto rest_of_unreachable = 30s;  ///< where no heartbeat finds out when it is back
constexpr auto longest_rest = 1h;
constexpr Time never = Time::max();

}  // namespace

std::string_view print(MemberState state) {
  switch (state) {
    case MemberState::unknown:
      return "unknown";
    case MemberState::reachable:
      return "reachable";
    case MemberState::unreachable:
      return "unreachable";
    case MemberState::overloaded:
      return "overloaded";
  }
  return "";
}

std::chrono::seconds read_retry_after(std::string_view value) {
  value = trim(value);
  const auto seconds = parse_unsigned<std::uint32_t>(value.substr(0, value.find_first_of(" \t;(")));
  return std::min<std::chrono::seconds>(std::chrono::seconds(seconds.value_or(0)), longest_rest);
}

void ServerGroup::set_paths(std::vector<Path> paths, Time now) {
  std::vector<Watched> before = std::exchange(members_, {});
  for (Path& path : paths) {
    const auto known = std::ranges::find_if(before, [&](const Watched& old) { return old.path.same_place(path); });
    Watched member = known == before.end() ? Watched{.since = now, .next_heartbeat = now} : std::move(*known);
    member.path = std::move(path);
    members_.push_back(std::move(member));
  }
}

ServerGroup::Watched* ServerGroup::find(const Path& path) {
  const auto found =
      std::ranges::find_if(members_, [&](const Watched& member) { return member.path.same_place(path); });
  return found == members_.end() ? nullptr : &*found;
}

// One member's own paths: by rank, and within a rank drawn by their weights.
std::vector<const ServerGroup::Watched*> ServerGroup::paths_of(std::size_t member,
                                                               const std::function<std::uint64_t()>& random) const {
  std::vector<const Watched*> own, out;
  for (const Watched& watched : members_)
    if (watched.path.member == member) own.push_back(&watched);
  std::ranges::sort(own, {}, [](const Watched* watched) { return std::pair(watched->path.rank, watched); });
  for (auto begin = own.begin(); begin != own.end();) {
    const auto end =
        std::find_if(begin, own.end(), [&](const Watched* other) { return other->path.rank != (*begin)->path.rank; });
    std::vector<sip::Share> shares;
    for (auto at = begin; at != end; ++at)
      shares.push_back((*at)->path.share);
    for (const std::size_t index : sip::order_by_share(shares, random))
      out.push_back(*(begin + static_cast<std::ptrdiff_t>(index)));
    begin = end;
  }
  return out;
}

std::vector<Path> ServerGroup::order(const std::function<std::uint64_t()>& random, Time now) {
  for (Watched& member : members_)
    rest_over(member, now);
  std::vector<sip::Share> shares;
  shares.reserve(configuration_.members.size());
  for (const policy::ServerGroupMember& member : configuration_.members)
    shares.push_back({member.priority, member.weight});
  std::vector<const Watched*> all;
  for (const std::size_t index : sip::order_by_share(shares, random))
    std::ranges::copy(paths_of(index, random), std::back_inserter(all));
  std::vector<Path> out;
  const auto append = [&](auto wanted) {
    for (const Watched* member : all)
      if (wanted(member->state)) out.push_back(member->path);
  };
  append([](MemberState state) { return state == MemberState::unknown || state == MemberState::reachable; });
  append([](MemberState state) { return state == MemberState::overloaded; });
  append([](MemberState state) { return state == MemberState::unreachable; });
  return out;
}

// Nobody asks an overloaded member, or one without heartbeats, whether it is back: the next call does.
void ServerGroup::rest_over(Watched& member, Time now) {
  const bool rests = member.state == MemberState::overloaded || member.state == MemberState::unreachable;
  if (rests && member.rests_until <= now) become(member, MemberState::unknown, now);
}

void ServerGroup::become(Watched& member, MemberState state, Time now) {
  if (member.state == state) return;
  changes_.push_back({member.path, member.state, state, member.last});
  member.state = state;
  member.since = now;
  if (!member.asked_until) plan_heartbeat(member, now);  // a call may have found out what no heartbeat would have
}

bool ServerGroup::is_overload(MemberAnswer answer) const {
  return std::ranges::find(configuration_.overload_codes, answer.status) != configuration_.overload_codes.end() ||
         (answer.status == 503 && answer.retry_after > 0s);  // RFC 3261 section 21.5.4
}

bool ServerGroup::goes_on(int status, bool local) const {
  if (status == 503 || status == 408) return true;  // RFC 3263 section 4.3
  return !local && is_overload({status});
}

void ServerGroup::answered(Watched& member, MemberAnswer answer, Time now) {
  member.failures = 0;
  member.last = std::to_string(answer.status);
  if (!is_overload(answer)) return become(member, MemberState::reachable, now);
  const auto rest = answer.retry_after > 0s ? answer.retry_after : rest_of_overloaded;
  member.rests_until = now + rest;
  member.last += fmt::format(" rests {} s", rest.count());
  become(member, MemberState::overloaded, now);
}

void ServerGroup::failed(Watched& member, const std::string& why, Time now) {
  ++member.failures;
  member.last = why;
  if (member.failures < configuration_.heartbeat.failures) return;
  const bool is_asked = configuration_.heartbeat.enabled && configuration_.heartbeat.down_interval > 0ms;
  member.rests_until = is_asked ? never : now + rest_of_unreachable;
  become(member, MemberState::unreachable, now);
}

void ServerGroup::call_sent(const Path& path) {
  if (Watched* member = find(path)) ++member->calls;
}

void ServerGroup::call_answered(const Path& path, MemberAnswer answer, Time now) {
  Watched* member = find(path);
  if (member == nullptr) return;
  if (goes_on(answer.status, false)) ++member->calls_failed;
  answered(*member, answer, now);
}

void ServerGroup::call_failed(const Path& path, const std::string& why, Time now) {
  Watched* member = find(path);
  if (member == nullptr) return;
  ++member->calls_failed;
  failed(*member, why, now);
}

void ServerGroup::plan_heartbeat(Watched& member, Time now) {
  const bool well = member.state == MemberState::reachable;
  const auto interval = well ? configuration_.heartbeat.up_interval : configuration_.heartbeat.down_interval;
  member.asked_until.reset();
  member.next_heartbeat = interval > 0ms ? now + interval : never;
}

std::optional<Time> ServerGroup::next_timer() const {
  if (!configuration_.heartbeat.enabled) return std::nullopt;
  std::optional<Time> next;
  for (const Watched& member : members_) {
    const Time at = member.asked_until.value_or(member.next_heartbeat);
    if (at != never && (!next || at < *next)) next = at;
  }
  return next;
}

void ServerGroup::expire(Time now) {
  for (Watched& member : members_) {
    if (!member.asked_until || *member.asked_until > now) continue;
    ++member.heartbeats_failed;
    failed(member, fmt::format("no answer in {} ms", configuration_.heartbeat.timeout.count()), now);
    plan_heartbeat(member, now);
  }
}

std::optional<Path> ServerGroup::poll_heartbeat(Time now) {
  if (!configuration_.heartbeat.enabled) return std::nullopt;
  for (Watched& member : members_) {
    if (member.asked_until || member.next_heartbeat > now) continue;
    member.asked_until = now + configuration_.heartbeat.timeout;
    ++member.heartbeats;
    return member.path;
  }
  return std::nullopt;
}

void ServerGroup::heartbeat_answered(const Path& path, MemberAnswer answer, Time now) {
  Watched* member = find(path);
  if (member == nullptr || !member->asked_until) return;  // too late: it has failed already
  const bool rests = member->state == MemberState::overloaded && member->rests_until > now;
  // That it answers OPTIONS does not take back the time for which it asked to get no calls.
  if (!rests || is_overload(answer)) answered(*member, answer, now);
  plan_heartbeat(*member, now);
}

void ServerGroup::heartbeat_failed(const Path& path, const std::string& why, Time now) {
  Watched* member = find(path);
  if (member == nullptr || !member->asked_until) return;
  ++member->heartbeats_failed;
  failed(*member, why, now);
  plan_heartbeat(*member, now);
}

std::optional<ServerGroup::Change> ServerGroup::poll_change() {
  if (changes_.empty()) return std::nullopt;
  Change out = std::move(changes_.front());
  changes_.pop_front();
  return out;
}

std::vector<ServerGroup::View> ServerGroup::view(Time now) {
  std::vector<View> out;
  for (Watched& member : members_) {
    rest_over(member, now);
    out.push_back({member.path, member.state, member.since, member.last, member.failures, member.calls,
                   member.calls_failed, member.heartbeats, member.heartbeats_failed});
  }
  return out;
}

}  // namespace ringwall::call
