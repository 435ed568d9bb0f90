#pragma once

#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace ringwall::crypto {

/// What the leaf is used for. Asks for the extended key usage and the key usage bits that go with it.
enum class Purpose : std::uint8_t { server, client };

/// "server", "client".
std::string_view print(Purpose purpose);

/// Verifies `chain` (leaf first, any CAs after it in any order) up to one of `anchors`, as RFC 5280 section 6 says, at
/// the time `at`. An anchor may be a root, an issuing CA or the peer's own certificate. Keys below 112 bits and SHA-1
/// signatures are refused. Gives the path from the leaf to the anchor. The error says which certificate, what is wrong
/// with it and what to do, in one sentence each.
Result<std::vector<Certificate>> verify_chain(const std::vector<Certificate>& chain,
                                              const std::vector<Certificate>& anchors, WallTime at, Purpose purpose);

/// The same words for a verification that OpenSSL did itself, in a handshake. `code` is an X509_V_ERR_* number and
/// `certificate` the one it complains about, or nullptr if there is none.
Error explain_verification(int code, const Certificate* certificate, Purpose purpose, WallTime at);

}  // namespace ringwall::crypto
