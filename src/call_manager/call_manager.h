#pragma once

#include <memory>
#include <string>
#include <vector>

#include "call/element.h"
#include "sip/registrar/registrar.h"
#include "store/registrations.h"
#include "store/store_thread.h"

namespace ringwall::call_manager {

/// Registrar and call control of the phones. A phone proves itself by its certificate and may register its own line and
/// no other; calls to a line go to the phone over the connection on which it registered. Carries no media: phone and
/// edge exchange keys through it, over TLS on both sides.
class CallManager final : public call::Element {
 public:
  CallManager(call::ElementContext context, std::string name, store::StoreThread& store);

  /// Registrations that the process before this one had. They are listed until the phones register again or they
  /// expire.
  void restore(const std::vector<store::Binding>& bindings);
  [[nodiscard]] std::vector<store::Binding> bindings() const;
  /// The connection of a registered line is gone, and with it the registration: nothing could reach the phone.
  void lost(sip::FlowId flow);

 private:
  [[nodiscard]] std::string allow() const override { return "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REGISTER"; }
  [[nodiscard]] std::string supported() const override { return "path, outbound"; }
  void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) override;
  void on_request(const sip::IncomingRequest& request, const policy::Admitted& peer) override;
  void on_flow_closed(sip::FlowId flow) override { lost(flow); }
  void apply(const std::vector<sip::BindingChange>& changes);
  [[nodiscard]] store::Binding stored(const sip::Binding& binding) const;
  void arm_timer();

  store::StoreThread& store_;
  sip::Registrar registrar_;
  runtime::LoopTimer timer_;
};

}  // namespace ringwall::call_manager
