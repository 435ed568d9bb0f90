#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/digest.h"

namespace ringwall::sip {

/// Nonces that need no memory until somebody has answered one, and then one slot of a table of fixed size.
///
///   nonce = base64( serial: 8 | seconds since the first one: 4 | HMAC-SHA-256 of both, cut: 16 )
///
/// The table remembers which counts of a nonce were used (RFC 7616 section 3.4, `nc`). The slot of a serial is fixed,
/// so a newer nonce that is used may push an older one out: that one is then stale, never replayable.
class NonceBook {
 public:
  explicit NonceBook(const Secret& key, Duration lifetime = limits::digest_nonce_lifetime,
                     std::size_t capacity = limits::digest_nonces);

  std::string mint(Time now);

  /// What a nonce is worth. Only `good` ones may go on to take().
  enum class State : std::uint8_t { good, expired, foreign };
  struct Reading {
    State state = State::foreign;
    std::uint64_t serial = 0;
  };
  [[nodiscard]] Reading read(std::string_view nonce, Time now) const;

  /// Uses one count of a nonce, once. False: used before, too far behind the highest one
  /// (limits::digest_count_window), or pushed out.
  bool take(std::uint64_t serial, std::uint32_t count);

 private:
  static_assert(limits::digest_count_window == 64, "one bit of `used` for each");
  struct Slot {
    std::uint64_t serial = 0;  ///< 0: never used
    std::uint64_t used = 0;    ///< bit n: count `highest - n`
    std::uint32_t highest = 0;
  };
  [[nodiscard]] std::string mac(std::string_view plain) const;

  crypto::HmacSha256 key_;
  Duration lifetime_;
  std::size_t capacity_;
  std::uint64_t last_serial_ = 0;
  Time began_{};
  std::vector<Slot> slots_;  ///< made at the first use
};

}  // namespace ringwall::sip
