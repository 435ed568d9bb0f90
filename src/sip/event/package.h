#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace ringwall::sip::event {

/// What an event package fixes (RFC 6665 section 5.4).
struct Package {
  std::string_view name;
  std::string_view body_type;                 ///< of its NOTIFYs; a watcher that accepts only others gets 406
  std::chrono::seconds lifetime;              ///< where the SUBSCRIBE says nothing
  std::chrono::seconds longest;               ///< granted
  std::chrono::milliseconds notify_interval;  ///< at least, between two NOTIFYs of one subscription
};

/// message-summary (RFC 3842), dialog (RFC 4235), reg (RFC 3680), presence (RFC 3856) and refer (RFC 3515).
std::span<const Package> packages();
const Package* find_package(std::string_view name);

/// Whether an Accept header (all its fields, joined by commas) admits the package's body; an empty one does.
bool accepts(const Package& package, std::string_view accept);

}  // namespace ringwall::sip::event
