#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "sip/message/message.h"
#include "sip/registrar/binding_table.h"
#include "sip/registrar/gruu.h"

namespace ringwall::sip {

struct RegistrarOptions {
  std::chrono::seconds shortest = limits::registration_shortest;  ///< below it: 423 with Min-Expires
  std::chrono::seconds longest = limits::registration_longest;    ///< above it: cut down, and the default
  std::size_t bindings_per_aor = limits::sip_bindings_per_aor;
  std::size_t aors = limits::sip_aors;
  /// How often the device of an outbound registration is to send a keep-alive (RFC 5626 section 4.4); 0: its choice.
  std::chrono::seconds flow_timer{0};
  std::string service_route;            ///< Service-Route of each 200 (RFC 3608), comma separated; empty: none
  std::optional<TemporaryGruus> gruus;  ///< set: devices that support GRUUs get them (RFC 5627)
};

/// The registrar core of RFC 3261 section 10.3 with Path (RFC 3327), Service-Route (RFC 3608), the flows of RFC 5626
/// and the GRUUs of RFC 5627. Sans-IO: who may register which address-of-record is the caller's decision, made before.
class Registrar {
 public:
  explicit Registrar(RegistrarOptions options = {}) : options_(std::move(options)) {}

  struct Outcome {
    int status = 200;
    std::string reason;  ///< empty: the RFC's phrase
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<BindingChange> changes;
  };
  /// Processes a REGISTER for `aor` (any canonical text). Statuses: 200 with all Contacts and their remaining seconds,
  /// 400 for a malformed or contradictory Contact, 403 and 503 where a limit is hit, 423 with Min-Expires, 439 for an
  /// outbound registration through a first hop that cannot keep its flow, 500 for a CSeq that runs backwards. Anything
  /// but 200 changes nothing. Without Contact it is a query.
  Outcome process(const Message& request, const Flow& flow, std::string_view aor, Time now);

  /// Live bindings in the order in which they are to be tried: by q, then the one refreshed last first.
  [[nodiscard]] std::vector<Binding> lookup(std::string_view aor, Time now) const;
  /// The bindings that a GRUU names, in the same order: those of its instance. `aor` is that of the URI without its
  /// `gr` parameter. Nothing if the URI is no GRUU, empty if it is one that leads nowhere (any more).
  [[nodiscard]] std::optional<std::vector<Binding>> resolve_gruu(const Uri& uri, std::string_view aor, Time now) const;
  [[nodiscard]] std::vector<Binding> all() const;

  /// A binding from the store; its texts are copied. Its flow is gone: it serves for `show` until the device registers
  /// again.
  void restore(Binding binding);

  std::vector<BindingChange> flow_closed(FlowId flow);
  std::vector<BindingChange> expire(Time now);
  [[nodiscard]] std::optional<Time> next_timer() const;
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  struct Wanted {  // one Contact of a request, checked: its texts are views into the request
    Binding binding;
    std::chrono::seconds lifetime{};
    BindingTable::Number same = BindingTable::none;  ///< the binding that it refreshes or removes
  };
  struct Common;

  Result<Wanted> read_contact(const Common& common, std::string_view value) const;
  std::optional<Outcome> refuse(const std::vector<Wanted>& wanted, const Message& request, std::string_view aor) const;
  Outcome remove_all(const Message& request, std::string_view aor);
  void apply(const Wanted& wanted, Outcome& outcome);
  void list(const Common& common, std::string_view aor, Outcome& outcome) const;
  [[nodiscard]] BindingTable::Number find(const Binding& wanted) const;
  [[nodiscard]] std::string print_contact(const Binding& binding, bool gruu, Time now) const;

  RegistrarOptions options_;
  BindingTable table_;
};

}  // namespace ringwall::sip
