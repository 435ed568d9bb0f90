#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

using BindingId = StrongId<struct BindingTag>;

/// One Contact under an address-of-record (RFC 3261 section 10), and the flow that leads to it (RFC 5626). Its texts
/// are views into the registrar, and hold until its next change.
struct Binding {
  BindingId id;
  std::string_view aor;
  std::string_view contact;   ///< the URI
  std::string_view instance;  ///< +sip.instance as written, with its angle brackets; empty if the device gave none
  std::string_view path;      ///< Path values (RFC 3327), first hop first, as a Route header holds them; may be empty
  std::string_view user_agent;
  std::string_view call_id;
  std::string_view remote_ip;  ///< where it came from
  std::uint16_t remote_port = 0;
  Transport transport = Transport::tls;
  bool by_address = false;   ///< the device knows this side by its address (Route::by_address)
  std::uint32_t reg_id = 0;  ///< 0: none
  std::uint32_t cseq = 0;
  int q = 1000;  ///< in thousandths; higher ones are tried first
  FlowId flow;   ///< it arrived on; requests to the device go there and nowhere else. 0: from before a restart
  Time updated{};
  Time expires{};

  [[nodiscard]] NetAddress remote() const { return {std::string(remote_ip), remote_port}; }
};

/// What happened to a binding, as a value: the caller stores it, shows it, or logs it before the registrar's next
/// change. That of a removed one keeps its texts itself.
struct BindingChange {
  enum class Kind : std::uint8_t { added, refreshed, removed };
  Kind kind;
  Binding binding;
  std::string_view reason;       ///< of a removal: "unregistered", "expired", "connection closed"
  std::unique_ptr<char[]> kept;  ///< the texts of a removed one
};

}  // namespace ringwall::sip
