#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "call/element.h"
#include "sip/registrar/registrar.h"

namespace ringwall::call_manager {

/// MESSAGEs from line to line (RFC 3428): sent to every device of the line at once, answered as the first device that
/// takes it, or as the last that refuses it. Nothing is kept for a line that is not there.
class MessageRelay {
 public:
  MessageRelay(call::Element& element, const sip::Registrar& registrar) : element_(element), registrar_(registrar) {}

  void relay(const sip::IncomingRequest& request, const policy::Admitted& peer);
  /// True if it was the answer to a relayed MESSAGE.
  bool completed(const sip::Completed& completed);

 private:
  struct Pending {
    sip::ServerRequestId id;
    std::size_t left = 0;
    bool answered = false;
  };

  [[nodiscard]] std::string sender(const sip::IncomingRequest& request, const policy::Admitted& peer) const;

  call::Element& element_;
  const sip::Registrar& registrar_;
  std::unordered_map<sip::RequestId, std::shared_ptr<Pending>> pending_;
};

}  // namespace ringwall::call_manager
