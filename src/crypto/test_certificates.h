#pragma once

#include <string>

#include "crypto/certificate_builder.h"

/// Certificates for tests: a small CA and what it issues. Times are fixed, nothing depends on the clock.
namespace ringwall::crypto::test {

inline constexpr WallTime start{std::chrono::seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z
inline constexpr std::chrono::days year{365};

inline PrivateKey make_key() {
  return *PrivateKey::generate(KeyType::p256);
}

inline CertificateTemplate leaf_template(const std::string& name = "edge.ringwall.test") {
  CertificateTemplate wanted;
  wanted.common_name = name;
  wanted.dns_names = {name};
  wanted.uri_names = {"sip:" + name};
  wanted.server_auth = wanted.client_auth = true;
  wanted.not_before = start;
  wanted.not_after = start + std::chrono::days(90);
  return wanted;
}

inline CertificateTemplate ca_template(const std::string& name) {
  CertificateTemplate wanted;
  wanted.common_name = name;
  wanted.is_ca = true;
  wanted.not_before = start;
  wanted.not_after = start + 5 * year;
  return wanted;
}

/// A root and an issuing CA below it.
struct TestCa {
  Issuer root, issuing;

  static TestCa make(const std::string& name = "Test", std::optional<unsigned> root_path_length = std::nullopt) {
    auto wanted = ca_template(name + " root");
    wanted.path_length = root_path_length;
    auto root_key = make_key(), key = make_key();
    Issuer root{*self_sign_certificate(wanted, root_key), root_key};
    wanted = ca_template(name + " issuing CA");
    wanted.path_length = 0;
    Issuer issuing{*issue_certificate(wanted, key, root), key};
    return {root, issuing};
  }
  [[nodiscard]] Certificate issue(const CertificateTemplate& wanted) const {
    return *issue_certificate(wanted, make_key(), issuing);
  }
};

}  // namespace ringwall::crypto::test
