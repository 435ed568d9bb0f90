#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "sip/message/message.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

using BindingId = StrongId<struct BindingTag>;

/// One Contact under an address-of-record (RFC 3261 section 10), and the flow that leads to it (RFC 5626).
struct Binding {
  BindingId id;
  std::string aor;
  std::string contact;            ///< the URI
  std::string instance;           ///< +sip.instance as written, with its angle brackets; empty if the device gave none
  std::uint32_t reg_id = 0;       ///< 0: none
  std::vector<std::string> path;  ///< Path values (RFC 3327), first hop first
  std::string user_agent;
  std::string call_id;
  std::uint32_t cseq = 0;
  FlowId flow;  ///< it arrived on; requests to the device go there and nowhere else
  Transport transport = Transport::tls;
  NetAddress remote;
  Time updated{};
  Time expires{};
};

/// What happened to a binding, as a value: the caller stores it, shows it, or logs it.
struct BindingChange {
  enum class Kind : std::uint8_t { added, refreshed, removed };
  Kind kind;
  Binding binding;
  std::string reason;  ///< of a removal: "unregistered", "expired", "connection closed"
};

struct RegistrarOptions {
  std::chrono::seconds shortest = limits::registration_shortest;  ///< below it: 423 with Min-Expires
  std::chrono::seconds longest = limits::registration_longest;    ///< above it: cut down, and the default
  std::size_t bindings_per_aor = limits::sip_bindings_per_aor;
  std::size_t aors = limits::sip_aors;
};

/// The registrar core of RFC 3261 section 10.3 with the bindings of RFC 5626. Sans-IO: who may register which
/// address-of-record is the caller's decision, made before.
class Registrar {
 public:
  explicit Registrar(RegistrarOptions options = {}) : options_(options) {}

  struct Outcome {
    int status = 200;
    std::string reason;  ///< empty: the RFC's phrase
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<BindingChange> changes;
  };
  /// Processes a REGISTER for `aor` (any canonical text). Statuses: 200 with all Contacts and their remaining seconds,
  /// 400 for a malformed or contradictory Contact, 403 and 503 where a limit is hit, 423 with Min-Expires, 500 for a
  /// CSeq that runs backwards. Anything but 200 changes nothing. Without Contact it is a query.
  Outcome process(const Message& request, const Flow& flow, std::string_view aor, Time now);

  /// Live bindings, the one refreshed last first. Pointers die with the next change.
  [[nodiscard]] std::vector<const Binding*> lookup(std::string_view aor, Time now) const;
  [[nodiscard]] std::vector<const Binding*> all() const;

  /// A binding from the store. Its flow is gone: it serves for `show` until the device registers again.
  void restore(Binding binding);

  std::vector<BindingChange> flow_closed(FlowId flow);
  std::vector<BindingChange> expire(Time now);
  [[nodiscard]] std::optional<Time> next_timer() const;
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  struct Wanted {  // one Contact of a request, checked
    Binding binding;
    std::chrono::seconds lifetime{};
  };
  using Bindings = std::vector<Binding>;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Result<Wanted> read_contact(const Message& request, const Flow& flow, std::string_view value, Time now) const;
  Outcome remove_all(const Message& request, std::string_view aor);
  std::optional<Outcome> refuse(const std::vector<Wanted>& wanted, const Message& request, std::string_view aor) const;
  void apply(Wanted wanted, std::string_view aor, Outcome& outcome);
  void list(const Message& request, std::string_view aor, Time now, Outcome& outcome) const;
  [[nodiscard]] const Bindings* find(std::string_view aor) const;
  void index(const Binding& binding);
  void unindex(const Binding& binding);
  BindingChange remove(BindingId id, std::string reason);

  RegistrarOptions options_;
  std::unordered_map<std::string, Bindings, TextHash, std::equal_to<>> by_aor_;
  std::unordered_map<BindingId, std::string> by_id_;  ///< to its AOR
  std::unordered_map<FlowId, std::set<BindingId>> by_flow_;
  std::set<std::pair<Time, BindingId>> by_expiry_;
  IdSource<BindingId> ids_;
};

}  // namespace ringwall::sip
