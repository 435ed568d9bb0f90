#pragma once

#include <optional>
#include <span>
#include <string_view>

/// The TLS cipher suites and groups that a security profile may choose from: ECDHE with AEAD only (RFC 9325 section
/// 4.2). Every listener offers all of them.
namespace ringwall::policy {

struct TlsCipher {
  std::string_view name;      ///< as OpenSSL writes it, and the configuration: "ECDHE-RSA-AES256-GCM-SHA384"
  std::string_view standard;  ///< as IANA writes it, and a handshake reports it
  bool tls13 = false;         ///< of TLS 1.3; the others are of TLS 1.2
};

std::span<const TlsCipher> tls_ciphers();            ///< in the order of preference
std::span<const std::string_view> tls_groups();      ///< "X25519", "P-256", ...
const TlsCipher* find_tls_cipher(std::string_view);  ///< by its configuration name, without regard to case; or null
bool is_tls_group(std::string_view);                 ///< without regard to case

}  // namespace ringwall::policy
