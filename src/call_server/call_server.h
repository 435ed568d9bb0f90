#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "call/element.h"
#include "router/router.h"

namespace ringwall::call_server {

class Visit;

/// The call control of the contact centre: a B2BUA without media between the edge, the voice browser and the call
/// manager. It asks the router what to do with each caller and moves the caller's audio by re-INVITE (RFC 3725 flow I:
/// the new party offers, the edge answers).
class CallServer final : public call::Element {
 public:
  /// Effects of the router that concern the store are handed to `save`.
  CallServer(call::ElementContext context, std::string name, std::function<void(const router::Effect&)> save);
  ~CallServer() override;

  [[nodiscard]] router::Router& router() { return router_; }
  /// Carries out what the router decided. Call after any change of the router from outside.
  void pump();
  Result<> reload() override;

  // For the visits.
  void add(const std::string& interaction, std::shared_ptr<Visit> visit);
  void remove(const std::string& interaction);

 private:
  /// None: a party offers in its 2xx, and early answers of the voice browser would reach nobody.
  [[nodiscard]] sip::Reliability reliability() const override { return sip::Reliability::never; }
  void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) override;
  void carry_out(const router::Effect& effect);
  void arm_timer();

  router::Router router_;
  std::function<void(const router::Effect&)> save_;
  std::map<std::string, std::shared_ptr<Visit>> visits_;
  runtime::LoopTimer timer_;
  bool pumping_ = false;
};

}  // namespace ringwall::call_server
