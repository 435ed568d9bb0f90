#include "proof/tls_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace ringwall::proof {
namespace {

struct Cipher {
  std::uint16_t number;
  std::string_view openssl, iana;
};

constexpr Cipher ciphers[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
    {0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
    {0x1304, "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_SHA256"},
    {0x1305, "TLS_AES_128_CCM_8_SHA256", "TLS_AES_128_CCM_8_SHA256"},
    {0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc030, "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca8, "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xccaa, "DHE-RSA-CHACHA20-POLY1305", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0x009e, "DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009f, "DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xc0ac, "ECDHE-ECDSA-AES128-CCM", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    {0xc0ad, "ECDHE-ECDSA-AES256-CCM", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    {0xc023, "ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {0xc024, "ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    {0xc027, "ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    {0xc028, "ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    {0xc009, "ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xc00a, "ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xc013, "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {0xc014, "ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {0x0067, "DHE-RSA-AES128-SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    {0x006b, "DHE-RSA-AES256-SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    {0x009c, "AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009d, "AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {0x003c, "AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    {0x003d, "AES256-SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    {0x002f, "AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {0x0035, "AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"},
};

struct Group {
  std::uint16_t number;
  std::string_view name, secg, openssl;  ///< ours, RFC 8422's, OpenSSL's where it differs
};

constexpr Group groups[] = {
    {23, "P-256", "secp256r1", "prime256v1"},
    {24, "P-384", "secp384r1", ""},
    {25, "P-521", "secp521r1", ""},
    {29, "x25519", "ecdh_x25519", ""},
    {30, "x448", "ecdh_x448", ""},
    {256, "ffdhe2048", "", ""},
    {257, "ffdhe3072", "", ""},
    {258, "ffdhe4096", "", ""},
    {259, "ffdhe6144", "", ""},
    {260, "ffdhe8192", "", ""},
    {26, "brainpoolP256r1", "", ""},
    {27, "brainpoolP384r1", "", ""},
    {28, "brainpoolP512r1", "", ""},
    {4588, "X25519MLKEM768", "", ""},
};

struct Alert {
  std::uint8_t number;
  std::string_view name;
};

constexpr Alert alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

const Cipher* find_cipher(std::string_view name) {
  const auto* found = std::ranges::find_if(ciphers, [&](const Cipher& cipher) {
    return equals_ignoring_case(name, cipher.openssl) || equals_ignoring_case(name, cipher.iana);
  });
  return found == std::end(ciphers) ? nullptr : found;
}

const Group* find_group(std::string_view name) {
  const auto* found = std::ranges::find_if(groups, [&](const Group& group) {
    return !name.empty() && (equals_ignoring_case(name, group.name) || equals_ignoring_case(name, group.secg) ||
                             equals_ignoring_case(name, group.openssl));
  });
  return found == std::end(groups) ? nullptr : found;
}

}  // namespace

std::string tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0x0300:
      return "SSLv3";
    case 0x0301:
      return "TLSv1";
    case 0x0302:
      return "TLSv1.1";
    case 0x0303:
      return "TLSv1.2";
    case 0x0304:
      return "TLSv1.3";
    default:
      return fmt::format("0x{:04x}", version);
  }
}

std::string cipher_name(std::uint16_t number) {
  const auto* found = std::ranges::find(ciphers, number, &Cipher::number);
  return found == std::end(ciphers) ? fmt::format("0x{:04x}", number) : std::string(found->openssl);
}

std::string group_name(std::uint16_t number) {
  const auto* found = std::ranges::find(groups, number, &Group::number);
  return found == std::end(groups) ? fmt::format("0x{:04x}", number) : std::string(found->name);
}

std::string alert_name(std::uint8_t number) {
  const auto* found = std::ranges::find(alerts, number, &Alert::number);
  return found == std::end(alerts) ? fmt::format("{}", number) : std::string(found->name);
}

bool same_cipher(std::string_view a, std::string_view b) {
  if (equals_ignoring_case(a, b)) return true;
  const Cipher* one = find_cipher(a);
  return one != nullptr && one == find_cipher(b);
}

bool same_group(std::string_view a, std::string_view b) {
  if (equals_ignoring_case(a, b)) return true;
  const Group* one = find_group(a);
  return one != nullptr && one == find_group(b);
}

}  // namespace ringwall::proof
