#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "sip/message/uri.h"
#include "sip/registrar/binding.h"

/// Globally routable user agent URIs (RFC 5627).
namespace ringwall::sip {

/// The public GRUU (section 3.1.1) of an instance: the address-of-record with a `gr` parameter. `instance` as in
/// Binding. Whoever knows it knows both; it never changes.
std::string public_gruu(std::string_view aor, std::string_view instance);
/// The instance, with angle brackets, that the `gr` parameter of a public GRUU names.
std::string instance_of_gruu(std::string_view gr);

/// Temporary GRUUs (section 3.1.2) without a table: the binding's number and identity, sealed under a key of the
/// process. Each one looks different, and says nothing to anybody else; it holds for as long as the binding has the
/// Call-ID under which it was given.
class TemporaryGruus {
 public:
  /// `key`: crypto::seal_key_size random bytes, new for each process.
  TemporaryGruus(Secret key, std::function<std::uint64_t()> random)
      : key_(std::move(key)), random_(std::move(random)) {}

  struct Named {
    std::uint32_t number = 0;
    BindingId id;
    std::uint32_t call = 0;  ///< of its Call-ID
  };
  [[nodiscard]] std::string mint(std::uint32_t number, const Binding& binding) const;
  /// What a user part names; nothing if it is none of ours.
  [[nodiscard]] std::optional<Named> read(std::string_view user) const;
  [[nodiscard]] static std::uint32_t call_of(const Binding& binding);

 private:
  Secret key_;
  std::function<std::uint64_t()> random_;
};

}  // namespace ringwall::sip
