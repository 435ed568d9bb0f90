#include "pki/profiles.h"

#include <fmt/format.h>

#include <array>

namespace ringwall::pki {
namespace {

constexpr std::size_t common_name_size = 64;  // RFC 5280 appendix A, ub-common-name

struct UseWord {
  Use use;
  std::string_view word;
};
constexpr std::array use_words{UseWord{Use::server, "server"}, UseWord{Use::client, "client"},
                               UseWord{Use::both, "both"}, UseWord{Use::phone, "phone"}};

crypto::CertificateTemplate ca_profile(std::string name, std::chrono::days days, WallTime now) {
  crypto::CertificateTemplate wanted;
  wanted.common_name = std::move(name);
  wanted.is_ca = true;
  wanted.not_before = now - backdating;
  wanted.not_after = now + days;
  return wanted;
}

}  // namespace

std::string_view print(Use use) {
  for (const auto& known : use_words)
    if (known.use == use) return known.word;
  return "unknown";
}

std::optional<Use> parse_use(std::string_view text) {
  for (const auto& known : use_words)
    if (known.word == text) return known.use;
  return std::nullopt;
}

std::string_view file_stem(Use use) {
  return use == Use::phone ? "client" : print(use);
}

crypto::CertificateTemplate root_profile(std::string_view mark, WallTime now) {
  auto wanted = ca_profile(fmt::format("Ringwall root {}", mark), root_days, now);
  wanted.path_length = 1;
  return wanted;
}

crypto::CertificateTemplate issuing_profile(std::string_view mark, WallTime now) {
  auto wanted = ca_profile(fmt::format("Ringwall issuing CA {}", mark), issuing_days, now);
  wanted.path_length = 0;
  return wanted;
}

crypto::CertificateTemplate leaf_profile(Use use, const std::string& name, std::chrono::days days, WallTime now) {
  crypto::CertificateTemplate wanted;
  if (name.size() <= common_name_size) wanted.common_name = name;  // the names that count are below
  wanted.dns_names = {name};
  wanted.uri_names = {"sip:" + name};
  wanted.server_auth = use == Use::server || use == Use::both;
  wanted.client_auth = use != Use::server;
  wanted.not_before = now - backdating;
  wanted.not_after = now + days;
  return wanted;
}

}  // namespace ringwall::pki
