#include "call/user_agent.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"

namespace ringwall::call {
namespace {

std::string who(const sip::Flow& flow) {
  std::string out = flow.remote.text();
  if (!flow.tls().peer_names.empty()) out += " (" + flow.tls().peer_names.front() + ")";
  return out;
}

template <class Handler, class What>
void if_set(const Handler& handler, const What& what) {
  if (handler) handler(what);
}

}  // namespace

Result<std::unique_ptr<UserAgent>> UserAgent::create(runtime::SignallingLoop& loop, runtime::SipHostOptions options,
                                                     Handlers handlers) {
  const std::string host = options.host.empty() ? options.address : options.host;
  std::unique_ptr<UserAgent> agent(new UserAgent(loop, options.name, host, std::move(handlers)));
  auto* self = agent.get();
  TRY(agent->host_,
      runtime::SipHost::create(loop, std::move(options), [self](const sip::Event& event) { self->dispatch(event); }));
  agent->host_->on_flow_closed(agent->handlers_.flow_closed);
  return agent;
}

UserAgent::UserAgent(runtime::SignallingLoop& loop, std::string name, std::string host, Handlers handlers)
    : loop_(loop), name_(std::move(name)), host_name_(std::move(host)), handlers_(std::move(handlers)) {}

sip::Endpoint& UserAgent::endpoint() {
  if (!flush_pending_) {
    flush_pending_ = true;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      flush_pending_ = false;
      host_->flush();
    });
  }
  return host_->endpoint();
}

void UserAgent::own(sip::LegId leg, std::shared_ptr<LegOwner> owner) {
  owners_[leg] = std::move(owner);
}
void UserAgent::disown(sip::LegId leg) {
  owners_.erase(leg);
  awaited_.erase(leg);
}

void UserAgent::expect_answer(sip::LegId leg, Duration limit) {
  awaited_[leg] = loop_.after(limit, [this, leg, limit] {
    const auto living = host_->endpoint().view(leg);
    if (!living || living->state != "calling") return;
    endpoint().hang_up(leg, now());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
    dispatch(sip::Refused{leg, 408, fmt::format("no answer in {} s", seconds), nullptr, false});
  });
}
void UserAgent::expect(sip::RequestId request, std::function<void(const sip::Completed&)> done) {
  expected_.emplace(request, std::move(done));
}
std::shared_ptr<LegOwner> UserAgent::owner(sip::LegId leg) const {
  const auto at = owners_.find(leg);
  return at == owners_.end() ? nullptr : at->second;
}

template <class LegEvent>
void UserAgent::hand_over(const LegEvent& event) {
  const auto found = owners_.find(event.leg);
  if (found == owners_.end()) return;
  const std::shared_ptr<LegOwner> owner = found->second;  // the owner may disown itself meanwhile
  owner->on(event);
}

void UserAgent::dispatch(const sip::Event& event) {
  struct Visitor {
    UserAgent& self;
    void operator()(const sip::IncomingInvite& invite) { self.handlers_.invite(invite); }
    void operator()(const sip::IncomingRequest& request) {
      if (request.message->method() == sip::Method::options) if_set(self.handlers_.options, request);
      if (request.leg)
        self.hand_over(request);
      else if (request.message->method() == sip::Method::options)
        self.endpoint().respond(request.id, {.status = self.draining_ ? 503 : 200}, self.now());
      else if (self.handlers_.request)
        self.handlers_.request(request);
      else
        self.refuse(request, {.status = 405,
                              .warning = "this element does not take " + std::string(request.message->method_name())});
    }
    void operator()(const sip::Completed& completed) {
      if (auto expected = self.expected_.extract(completed.id))
        expected.mapped()(completed);
      else
        if_set(self.handlers_.completed, completed);
    }
    void operator()(const sip::Refused& refused) {
      self.hand_over(refused);
      if (!refused.reinvite) self.disown(refused.leg);
    }
    void operator()(const sip::Ended& ended) {
      self.hand_over(ended);
      self.disown(ended.leg);
    }
    void operator()(const sip::Progress& e) { self.hand_over(e); }
    void operator()(const sip::Answered& e) { self.hand_over(e); }
    void operator()(const sip::Reinvited& e) { self.hand_over(e); }
    void operator()(const sip::Acked& e) { self.hand_over(e); }
    void operator()(const sip::Pracked& e) { self.hand_over(e); }
    void operator()(const sip::IncomingSubscribe& e) { if_set(self.handlers_.subscribe, e); }
    void operator()(const sip::SubscriptionRefreshed& e) { if_set(self.handlers_.refreshed, e); }
    void operator()(const sip::Notified& e) { if_set(self.handlers_.notified, e); }
    void operator()(const sip::SubscriptionEnded& e) { if_set(self.handlers_.subscription_ended, e); }
  };
  std::visit(Visitor{*this}, event);
}

sip::Headers UserAgent::warning_header(const policy::Refusal& refusal) const {
  if (refusal.warning.empty()) return {};
  return {{"Warning", refusal.warning_header(host_name_)}};
}

void UserAgent::note(const sip::Flow& flow, const policy::Refusal& refusal) {
  const std::string& words = refusal.reason.empty() ? refusal.warning : refusal.reason;
  log::warning(name_, "refused {} from {}: {}{}", refusal.status, who(flow), words,
               refusal.mend.empty() ? "" : " (" + refusal.mend + ")");
  Metrics::instance()
      .counter("ringwall_sip_refused_total", fmt::format("element=\"{}\",status=\"{}\"", name_, refusal.status))
      .add();
  if (refusals_.size() >= limits::refusals_kept) refusals_.erase(refusals_.begin());
  refusals_.push_back({wall_now(), name_, who(flow), refusal.status, words, refusal.mend});
}

void UserAgent::refuse(const sip::IncomingInvite& invite, const policy::Refusal& refusal) {
  note(invite.flow, refusal);
  endpoint().reject(invite.leg, {.status = refusal.status, .headers = warning_header(refusal)}, now());
}

void UserAgent::refuse(const sip::IncomingRequest& request, const policy::Refusal& refusal) {
  note(request.flow, refusal);
  endpoint().respond(request.id, {.status = refusal.status, .headers = warning_header(refusal)}, now());
}

void UserAgent::refuse(const sip::IncomingSubscribe& subscribe, const policy::Refusal& refusal) {
  note(subscribe.flow, refusal);
  endpoint().reject_subscription(subscribe.id, {.status = refusal.status, .headers = warning_header(refusal)}, now());
}

LegView UserAgent::view(sip::LegId leg) const {
  LegView out;
  out.element = name_;
  out.leg = leg;
  if (const auto dialog = host_->endpoint().view(leg)) {
    out.state = dialog->state;
    out.flow = dialog->flow;
    out.remote = dialog->remote;
  }
  return out;
}

void UserAgent::reject_offer(sip::LegId leg, const Error& why) {
  log::warning(name_, "an offer is refused: {}", why.text());
  endpoint().reject(leg, {.status = 488, .headers = warning_header({.warning = why.what})}, now());
}

void UserAgent::reject_offer(sip::ServerRequestId request, const Error& why) {
  log::warning(name_, "an offer within a call refused: {}", why.text());
  endpoint().respond(request, {.status = 488, .headers = warning_header({.warning = why.what})}, now());
}

std::vector<std::shared_ptr<LegOwner>> UserAgent::distinct_owners() const {
  std::vector<std::shared_ptr<LegOwner>> out;
  out.reserve(owners_.size());
  for (const auto& [leg, owner] : owners_)
    out.push_back(owner);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<LegView> UserAgent::calls() const {
  std::vector<LegView> out;
  for (const auto& owner : distinct_owners())
    owner->describe(out);
  std::sort(out.begin(), out.end(), [](const LegView& a, const LegView& b) { return a.leg < b.leg; });
  return out;
}

void UserAgent::hang_up_all(std::string_view reason) {
  for (const auto& owner : distinct_owners())
    owner->hang_up(reason);
}

}  // namespace ringwall::call
