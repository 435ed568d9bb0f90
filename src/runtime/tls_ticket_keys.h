#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"

namespace ringwall::runtime {

/// What session tickets (RFC 5077, RFC 8446 section 4.6.1) are encrypted with. One for all listeners of an element,
/// kept when identities or peers are read again, so that clients go on resuming. A key makes tickets for one lifetime,
/// opens them for one more, and is wiped then: nobody who gets it later reads what was resumed before.
class TicketKeys {
 public:
  explicit TicketKeys(Duration lifetime = std::chrono::hours(6)) : lifetime_(lifetime) {}

  struct Key {
    std::array<std::uint8_t, 16> name;
    Secret cipher_key;  ///< AES-256-CBC
    Secret mac_key;     ///< HMAC-SHA256
    Time made;
  };
  /// The key for new tickets; a new one when the last has served its time.
  const Key& current(Time now);
  /// The key of that name, if it still opens tickets.
  const Key* find(Bytes name, Time now);

 private:
  void forget_old(Time now);

  Duration lifetime_;
  std::deque<Key> keys_;  ///< newest first
};

/// Makes a context encrypt and open its tickets with these keys.
void use_ticket_keys(SSL_CTX* context, std::shared_ptr<TicketKeys> keys);

}  // namespace ringwall::runtime
