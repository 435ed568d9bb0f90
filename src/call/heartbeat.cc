#include "call/heartbeat.h"

#include <algorithm>

#include "base/log.h"
#include "base/metric.h"
#include "call/tries.h"

namespace ringwall::call {

void Heartbeat::watch(std::vector<std::shared_ptr<ServerGroup>> groups) {
  groups_ = std::move(groups);
  run();
}

void Heartbeat::run() {
  const Time now = agent_.now();
  for (const auto& group : groups_) {
    group->expire(now);
    while (const auto path = group->poll_heartbeat(now))
      ask(group, *path);
    report(*group);
  }
  arm();
}

void Heartbeat::ask(const std::shared_ptr<ServerGroup>& group, const Path& path) {
  const policy::Heartbeat& wanted = group->configuration().heartbeat;
  sip::Outgoing out;
  out.route = route_of(path);
  out.request_uri = "sip:" + (wanted.host.empty() ? path.host : wanted.host);
  out.from = fmt::format("<sip:{}@{}>", sip::escape_user(agent_.name()), host_);
  out.to = fmt::format("<{}>", out.request_uri);
  const bool is_options = wanted.method == "OPTIONS";
  if (!is_options) out.method_name = wanted.method;
  const sip::RequestId id =
      agent_.endpoint().request(is_options ? sip::Method::options : sip::Method::other, std::move(out), agent_.now());
  questions_.emplace(id, Question{group, path});
}

bool Heartbeat::completed(const sip::Completed& completed) {
  const auto found = questions_.find(completed.id);
  if (found == questions_.end()) return false;
  const Question question = std::move(found->second);
  questions_.erase(found);
  if (completed.message)
    question.group->heartbeat_answered(
        question.path, {completed.status, read_retry_after(completed.message->header(sip::HeaderName::retry_after))},
        agent_.now());
  else
    question.group->heartbeat_failed(question.path, completed.reason, agent_.now());
  run();
  return true;
}

void Heartbeat::report(ServerGroup& group) const {
  while (const auto change = group.poll_change()) {
    const std::string& name = group.configuration().name;
    const std::string words =
        fmt::format("server group {}: {} at {} is {}, was {}: {}", name, change->path.target,
                    change->path.spot.address.text(), print(change->to), print(change->from), change->why);
    const bool worse = change->to == MemberState::unreachable || change->to == MemberState::overloaded;
    const bool is_news = worse || change->from != MemberState::unknown || group.configuration().heartbeat.enabled;
    if (is_news) log::write(worse ? log::Level::warning : log::Level::info, agent_.name(), words);
    Metrics::instance()
        .counter("ringwall_group_changes_total",
                 fmt::format("element=\"{}\",group=\"{}\",state=\"{}\"", agent_.name(), name, print(change->to)))
        .add();
  }
}

void Heartbeat::arm() {
  std::optional<Time> next;
  for (const auto& group : groups_)
    if (const auto at = group->next_timer(); at && (!next || *at < *next)) next = at;
  if (!next) return timer_.cancel();
  timer_ = agent_.loop().after(std::max(*next - agent_.now(), Duration::zero()), [this] { run(); });
}

}  // namespace ringwall::call
