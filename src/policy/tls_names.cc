#include "policy/tls_names.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ringwall::policy {
namespace {

constexpr TlsCipher ciphers[] = {
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", true},
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", true},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", true},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
};
constexpr std::string_view groups[] = {"X25519", "P-256", "P-384", "P-521"};

}  // namespace

std::span<const TlsCipher> tls_ciphers() {
  return ciphers;
}
std::span<const std::string_view> tls_groups() {
  return groups;
}

const TlsCipher* find_tls_cipher(std::string_view name) {
  const auto* found =
      std::ranges::find_if(ciphers, [&](const TlsCipher& one) { return equals_ignoring_case(one.name, name); });
  return found == std::end(ciphers) ? nullptr : found;
}

bool is_tls_group(std::string_view name) {
  return std::ranges::any_of(groups, [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

}  // namespace ringwall::policy
