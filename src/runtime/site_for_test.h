#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "crypto/certificate_builder.h"
#include "runtime/tls_context.h"

namespace ringwall::runtime::test {

/// What a certificate for a test says; the defaults are a good one.
struct Wanted {
  std::vector<std::string> names;
  std::chrono::seconds from{-3600};  ///< from now
  std::chrono::seconds until{86400};
  bool swap_purposes = false;  ///< the server certificate gets clientAuth, and the other way round
  crypto::KeyType key = crypto::KeyType::p256;
};

/// A CA and its certificates, as files in a folder that goes with it.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name) : key_(*crypto::PrivateKey::generate(crypto::KeyType::p256)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ringwall-runtime-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    crypto::CertificateTemplate root;
    root.common_name = name;
    root.is_ca = true;
    root.not_before = wall_now() - std::chrono::hours(48);
    root.not_after = wall_now() + std::chrono::hours(48);
    certificate_ = crypto::self_sign_certificate(root, key_).value();
  }
  ~TestAuthority() { std::filesystem::remove_all(folder_); }
  TestAuthority(const TestAuthority&) = delete;

  [[nodiscard]] TrustAnchors anchors() const { return {certificate_->pem(), {}}; }
  [[nodiscard]] std::string fingerprint() const { return certificate_->sha256_fingerprint(); }
  [[nodiscard]] std::filesystem::path anchors_file() const {
    write(folder_ / "anchors.pem", certificate_->pem());
    return folder_ / "anchors.pem";
  }

  [[nodiscard]] TlsIdentity identity(const std::string& name) { return identity(Wanted{{name}}); }
  [[nodiscard]] TlsIdentity identity(const Wanted& wanted) {
    const auto folder = folder_ / std::to_string(++count_);
    std::filesystem::create_directory(folder);
    issue(wanted, folder / "server", !wanted.swap_purposes);
    issue(wanted, folder / "client", wanted.swap_purposes);
    return TlsIdentity::in_folder(folder);
  }

 private:
  static void write(const std::filesystem::path& path, std::string_view text) { std::ofstream(path) << text; }

  void issue(const Wanted& wanted, const std::filesystem::path& path, bool server) {
    const auto key = crypto::PrivateKey::generate(wanted.key).value();
    crypto::CertificateTemplate leaf;
    leaf.common_name = wanted.names.front();
    leaf.dns_names = wanted.names;
    for (const auto& name : wanted.names)
      leaf.uri_names.push_back("sip:" + name);
    leaf.server_auth = server;
    leaf.client_auth = !server;
    leaf.not_before = wall_now() + wanted.from;
    leaf.not_after = wall_now() + wanted.until;
    write(path.string() + ".crt", crypto::issue_certificate(leaf, key, {*certificate_, key_})->pem());
    write(path.string() + ".key", as_text(key.pem().reveal()));
  }

  std::filesystem::path folder_;
  crypto::PrivateKey key_;
  std::optional<crypto::Certificate> certificate_;
  int count_ = 0;
};

}  // namespace ringwall::runtime::test
