#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "call/leg_owner.h"
#include "policy/admission.h"
#include "runtime/sip_host.h"

namespace ringwall::call {

/// A refusal that happened, as `show connections` lists it.
struct RefusalView {
  WallTime when{};
  std::string element;
  std::string from;  ///< address and, where there is one, verified name
  int status = 0;
  std::string what, mend;
};

/// An element's or a phone's user agent: a SipHost, and the table of who owns which leg.
class UserAgent {
 public:
  struct Handlers {
    std::function<void(const sip::IncomingInvite&)> invite;
    /// Requests outside a dialog, but for OPTIONS, which is answered here. Empty: 405.
    std::function<void(const sip::IncomingRequest&)> request;
    std::function<void(const sip::IncomingRequest&)> options;  ///< told of an OPTIONS before it is answered
    std::function<void(const sip::Completed&)> completed;
    /// SUBSCRIBEs, and what becomes of subscriptions in either direction. Empty: 489.
    std::function<void(const sip::IncomingSubscribe&)> subscribe;
    std::function<void(const sip::SubscriptionRefreshed&)> refreshed;
    std::function<void(const sip::Notified&)> notified;
    std::function<void(const sip::SubscriptionEnded&)> subscription_ended;
    std::function<void(sip::FlowId)> flow_closed;  ///< a connection has ended, but not because the element stops
  };

  static Result<std::unique_ptr<UserAgent>> create(runtime::SignallingLoop& loop, runtime::SipHostOptions options,
                                                   Handlers handlers);

  /// The endpoint, for one or more calls; what they produce is sent when the current event or callback is done.
  [[nodiscard]] sip::Endpoint& endpoint();
  [[nodiscard]] runtime::SipHost& host() { return *host_; }
  [[nodiscard]] runtime::SignallingLoop& loop() { return loop_; }
  [[nodiscard]] Time now() const { return loop_.now(); }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// From now on `owner` gets the leg's events, until disown() or the leg's end.
  void own(sip::LegId leg, std::shared_ptr<LegOwner> owner);
  void disown(sip::LegId leg);
  /// If nothing at all comes back for our INVITE within `limit`, not even a 100, the leg is given up, and its owner
  /// gets a Refused with a local 408, long before the transaction itself would end (RFC 3261 Timer B: 32 s).
  void expect_answer(sip::LegId leg, Duration limit);
  /// Whoever owns the leg; null: nobody.
  [[nodiscard]] std::shared_ptr<LegOwner> owner(sip::LegId leg) const;

  /// `done` hears how a request of ours in a dialog ended; nobody else does.
  void expect(sip::RequestId request, std::function<void(const sip::Completed&)> done);

  void refuse(const sip::IncomingInvite& invite, const policy::Refusal& refusal);
  void refuse(const sip::IncomingRequest& request, const policy::Refusal& refusal);
  void refuse(const sip::IncomingSubscribe& subscribe, const policy::Refusal& refusal);

  /// From now on OPTIONS are answered 503: who watches this element sends its calls elsewhere.
  void drain() { draining_ = true; }

  /// What the user agent itself knows of a leg; the owner adds the rest.
  [[nodiscard]] LegView view(sip::LegId leg) const;
  /// 488 to an INVITE or re-INVITE whose offer cannot be accepted, with the reason as Warning.
  void reject_offer(sip::LegId leg, const Error& why);
  /// The same to an UPDATE or PRACK.
  void reject_offer(sip::ServerRequestId request, const Error& why);
  /// Every call once.
  [[nodiscard]] std::vector<LegView> calls() const;
  [[nodiscard]] const std::vector<RefusalView>& refusals() const { return refusals_; }
  [[nodiscard]] std::size_t leg_count() const { return owners_.size(); }
  void hang_up_all(std::string_view reason);

 private:
  UserAgent(runtime::SignallingLoop& loop, std::string name, std::string host, Handlers handlers);
  void dispatch(const sip::Event& event);
  template <class LegEvent>
  void hand_over(const LegEvent& event);
  void note(const sip::Flow& flow, const policy::Refusal& refusal);
  sip::Headers warning_header(const policy::Refusal& refusal) const;
  [[nodiscard]] std::vector<std::shared_ptr<LegOwner>> distinct_owners() const;

  runtime::SignallingLoop& loop_;
  std::string name_, host_name_;
  Handlers handlers_;
  std::unordered_map<sip::LegId, std::shared_ptr<LegOwner>> owners_;
  std::unordered_map<sip::LegId, runtime::LoopTimer> awaited_;  ///< legs that somebody should answer soon
  std::unordered_map<sip::RequestId, std::function<void(const sip::Completed&)>> expected_;
  std::vector<RefusalView> refusals_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool flush_pending_ = false;
  bool draining_ = false;
  std::unique_ptr<runtime::SipHost> host_;
};

}  // namespace ringwall::call
