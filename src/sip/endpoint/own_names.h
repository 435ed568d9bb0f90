#pragma once

#include <array>
#include <string>

#include "sip/endpoint/endpoint.h"

namespace ringwall::sip {

/// What our messages say of ourselves on one transport: the parts of Via around the branch, and the Contacts. They are
/// made anew only when the local address has changed.
class OwnNames {
 public:
  explicit OwnNames(const EndpointOptions& options) : options_(options) {}

  /// Of our own requests.
  [[nodiscard]] std::string via(Transport transport, std::string_view branch) const;
  /// `by_address`: the peer knows us by our address, see Route.
  [[nodiscard]] const std::string& contact(Transport transport, bool by_address, bool sips) const;

 private:
  struct Names {
    NetAddress local;
    bool made = false;
    std::string before_branch, behind_branch;
    std::array<std::string, 4> contacts;  ///< by address and by scheme
  };
  [[nodiscard]] const Names& names(Transport transport) const;
  [[nodiscard]] std::string sent_by(const NetAddress& local, bool by_address) const;
  [[nodiscard]] std::string make_contact(const Names& names, Transport transport, bool by_address, bool sips) const;

  const EndpointOptions& options_;
  mutable std::array<Names, 5> names_;  ///< a cache
};

}  // namespace ringwall::sip
