#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

/// The stateless half of a DTLS server (RFC 6347 section 4.2.1): whoever says hello has to show first that packets to
/// its address reach it. Until then nothing is kept and nothing is computed but one HMAC.
namespace ringwall::crypto {

using DtlsCookie = std::array<std::uint8_t, 32>;

/// What of a ClientHello goes into the cookie.
///
///   record:    type 22 | version 2 | epoch 2 = 0 | sequence 6 | length 2
///   handshake: type 1 | length 3 | message sequence 2 | fragment offset 3 = 0 | fragment length 3
///   body:      version 2 | random 32 | session id <0..32> | cookie <0..255> | ...
struct DtlsClientHello {
  std::array<std::uint8_t, 6> record_sequence{};
  Bytes identity;  ///< version, random and session id
  Bytes cookie;    ///< empty in the first one
};

/// Nothing if the datagram does not begin with a whole ClientHello in one fragment.
std::optional<DtlsClientHello> parse_client_hello(Bytes datagram);

/// The cookie that `address` has to show for this hello.
DtlsCookie make_cookie(const Secret& secret, Bytes address, const DtlsClientHello& hello);

/// The HelloVerifyRequest that asks for the hello once more, with the cookie. It is shorter than any ClientHello, so
/// nobody is flooded through us.
Buffer print_hello_verify_request(const DtlsClientHello& hello, const DtlsCookie& cookie);

}  // namespace ringwall::crypto
