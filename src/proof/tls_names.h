#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The names of TLS code points (IANA "TLS Parameters"), as OpenSSL prints them.
namespace ringwall::proof {

std::string tls_version_name(std::uint16_t version);  ///< 0x0304 -> "TLSv1.3"; unknown: "0x1234"
std::string cipher_name(std::uint16_t cipher);        ///< 0x1302 -> "TLS_AES_256_GCM_SHA384"; unknown: "0x1234"
std::string group_name(std::uint16_t group);          ///< 29 -> "x25519", 23 -> "P-256"; unknown: "0x1234"
std::string alert_name(std::uint8_t description);     ///< 48 -> "unknown_ca"; unknown: "48"

/// "ECDHE-ECDSA-AES256-GCM-SHA384" and "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" are one cipher; "P-256", "secp256r1"
/// and "prime256v1" are one group.
bool same_cipher(std::string_view a, std::string_view b);
bool same_group(std::string_view a, std::string_view b);

}  // namespace ringwall::proof
