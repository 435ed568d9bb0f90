#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/certificate.h"

namespace ringwall::crypto {

/// A digest over the DER of a certificate, as signalling names it (RFC 8122 section 5).
struct Fingerprint {
  std::string hash;  ///< "sha-256", "sha-384", "sha-512"
  std::vector<std::uint8_t> value;
  bool operator==(const Fingerprint&) const = default;
};

/// Nothing if `hash` is none of the three above: SHA-1 and weaker prove nothing (RFC 8122 section 5.1 asks for SHA-256
/// at least).
std::optional<Fingerprint> fingerprint(const Certificate& certificate, std::string_view hash);

/// Whether the certificate is one of those that were signalled. The strongest hash among the signalled ones decides,
/// and any fingerprint of that hash will do (RFC 8122 section 5.1).
bool matches_fingerprint(const Certificate& certificate, std::span<const Fingerprint> signalled);

/// "sha-256 12AB..." of the certificate, for logs: a certificate is public.
std::string describe_fingerprint(const Certificate& certificate);

}  // namespace ringwall::crypto
