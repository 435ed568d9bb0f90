#pragma once

#include <memory>
#include <string>
#include <vector>

#include "call/element.h"
#include "call_manager/line_target.h"
#include "call_manager/message_relay.h"
#include "call_manager/phone_digest.h"
#include "call_manager/registration_writer.h"
#include "call_manager/watchers.h"
#include "sip/registrar/registrar.h"
#include "store/registrations.h"
#include "store/store_thread.h"

namespace ringwall::call_manager {

/// Registrar and call control of the phones. A phone proves itself by its certificate, or by digest credentials where
/// its profile takes them (PhoneDigest), and may register its own line and no other; calls to a line go to the phone
/// over the connection on which it registered. Carries no media: phone and edge exchange keys through it, over TLS on
/// both sides. It tells phones what happens on each other's lines (Watchers), transfers calls (Transfer), lets them be
/// picked up, and passes text messages on (MessageRelay).
class CallManager final : public call::Element {
 public:
  CallManager(call::ElementContext context, std::string name, store::StoreThread& store);

  /// Registrations that the process before this one had. They are listed until the phones register again or they
  /// expire.
  void restore(const std::vector<store::Binding>& bindings);
  [[nodiscard]] std::vector<store::Binding> bindings() const;
  Result<> reload() override;
  /// The connection of a registered line is gone, and with it the registration: nothing could reach the phone.
  void lost(sip::FlowId flow);

  /// Where a call to a number goes, or why nowhere. `caller` is the peer that it came from.
  [[nodiscard]] std::expected<LineTarget, policy::Refusal> find_target(const std::string& number,
                                                                       const std::string& caller);
  /// Those who watch lines: told of each call.
  [[nodiscard]] Watchers& watchers() { return watchers_; }
  /// Where the state of mailboxes comes from; without it nothing is ever waiting.
  void set_mailboxes(Mailboxes mailboxes) { watchers_.set_mailboxes(std::move(mailboxes)); }
  /// Where a call to one device goes: the binding that a GRUU names (RFC 5627 section 4.4); nothing if it is no GRUU.
  [[nodiscard]] std::optional<std::expected<LineTarget, policy::Refusal>> find_device(const sip::Uri& uri) const;
  [[nodiscard]] std::string supported_tags() const { return supported(); }

 private:
  [[nodiscard]] std::string allow() const override;
  [[nodiscard]] std::string supported() const override { return "path, outbound, gruu, norefersub, replaces, tdialog"; }
  [[nodiscard]] std::string allow_events() const override;
  void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) override;
  void on_request(const sip::IncomingRequest& request, const policy::Admitted& peer) override;
  std::expected<policy::Admitted, call::Objection> prove(const sip::Flow& flow, const sip::Message& request) override;
  void on_flow_closed(sip::FlowId flow) override {
    watchers_.flow_closed(flow);
    lost(flow);
  }
  void on_completed(const sip::Completed& completed) override { messages_.completed(completed); }
  void on_subscribe(const sip::IncomingSubscribe& subscribe, const policy::Admitted& peer) override {
    watchers_.begin(subscribe, peer);
  }
  void on_refreshed(const sip::SubscriptionRefreshed& refreshed) override { watchers_.refreshed(refreshed.id); }
  void on_subscription_ended(const sip::SubscriptionEnded& ended) override { watchers_.ended(ended.id); }
  void on_register(const sip::IncomingRequest& request, const policy::Admitted& peer);
  void on_publish(const sip::IncomingRequest& request, const policy::Admitted& peer);
  void on_refer(const sip::IncomingRequest& request, const policy::Admitted& peer);
  void take_over(const sip::IncomingInvite& invite, const policy::Admitted& peer);
  void arm_publications();
  void apply(const std::vector<sip::BindingChange>& changes);
  [[nodiscard]] store::Binding stored(const sip::Binding& binding) const;
  [[nodiscard]] std::optional<LineTarget> reach(const std::vector<sip::Binding>& bindings) const;
  void arm_timer();

  store::StoreThread& store_;
  PhoneDigest digest_;
  sip::Registrar registrar_;
  RegistrationWriter registrations_;
  runtime::LoopTimer timer_;
  sip::event::Publications publications_;
  runtime::LoopTimer publication_timer_;
  Watchers watchers_;
  MessageRelay messages_;
};

}  // namespace ringwall::call_manager
