#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate_builder.h"
#include "pki/issue_log.h"
#include "pki/profiles.h"

namespace ringwall::pki {

struct IssueRequest {
  std::string name;                                 ///< host name: "edge.ringwall.test"
  std::vector<Use> uses{Use::server, Use::client};  ///< one certificate with its own key for each
  std::chrono::days days = leaf_days;
  crypto::KeyType key_type = crypto::KeyType::p256;
  std::filesystem::path out;  ///< folder for the files, made with mode 0700 if missing
  bool overwrite = false;     ///< replace keys that are there
};

/// One certificate that was handed out, and where: <stem>.crt has the chain without the root, <stem>.pem also the key.
struct Issued {
  Use use;
  crypto::Certificate certificate;
  std::filesystem::path certificate_file, key_file, bundle_file;
};

/// A line of the log with what became of its certificate.
struct IssuedRecord {
  IssueEntry entry;
  std::optional<crypto::Certificate>
      certificate;  ///< none: it was never handed out (the process was stopped), or its file was removed
};

struct AuthorityReport {
  std::vector<IssuedRecord> records;
  std::vector<Error> findings;  ///< signs that someone changed the log or the folder of issued certificates
  std::string note;             ///< a torn last line, explained; may be empty
};

/// The certificate authority of a site, over its folder pki/:
///   anchors.pem  root/{root.crt,root.key}  issuing/{issuing.crt,issuing.key}  issued/{log.jsonl,<serial>.crt}
/// A certificate is written to the log and to the disk before it is handed out. Several processes may issue at once.
class Authority {
 public:
  /// Makes the folder with a root and an issuing CA, all at once: it is there complete, or not at all. Refuses to touch
  /// a folder that has something in it.
  static Result<Authority> create(const std::filesystem::path& pki, WallTime now);
  /// Opens what create() made. The root's key is not read: it may be kept elsewhere.
  static Result<Authority> open(const std::filesystem::path& pki);

  /// Issues and hands out <out>/{server,client,both}.{crt,key,pem} with chain.pem (issuing CA) and anchors.pem (root).
  Result<std::vector<Issued>> issue(const IssueRequest& request, WallTime now);

  /// Everything that was ever issued, oldest first, with the log checked.
  [[nodiscard]] Result<AuthorityReport> list() const;
  /// By serial number (lower-case hex, or a beginning of at least eight digits that only one has).
  [[nodiscard]] Result<crypto::Certificate> find(std::string_view serial) const;
  /// The certificates issued for a name, newest first.
  [[nodiscard]] Result<std::vector<crypto::Certificate>> find_name(std::string_view name) const;

  [[nodiscard]] const std::vector<crypto::Certificate>& anchors() const { return anchors_; }
  [[nodiscard]] const crypto::Certificate& issuing() const { return issuing_.certificate; }
  [[nodiscard]] const std::filesystem::path& folder() const { return pki_; }

 private:
  Authority(std::filesystem::path pki, std::vector<crypto::Certificate> anchors, crypto::Issuer issuing)
      : pki_(std::move(pki)), anchors_(std::move(anchors)), issuing_(std::move(issuing)) {}

  [[nodiscard]] Result<void> check_request(const IssueRequest& request, WallTime now) const;
  Result<Issued> issue_one(const IssueRequest& request, Use use, WallTime now);
  Result<void> record(const crypto::Certificate& certificate, const std::string& name, Use use, WallTime now);
  [[nodiscard]] Result<void> hand_out(const Issued& issued, const crypto::PrivateKey& key) const;
  [[nodiscard]] Result<IssueLogReport> read_log() const;
  [[nodiscard]] std::filesystem::path file_of(const std::string& serial) const;

  std::filesystem::path pki_;
  std::vector<crypto::Certificate> anchors_;
  crypto::Issuer issuing_;
};

}  // namespace ringwall::pki
