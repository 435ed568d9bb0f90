#include "pki/authority.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/chain.h"
#include "pki/atomic_file.h"
#include "pki/host_name.h"

namespace ringwall::pki {
namespace {

namespace fs = std::filesystem;

Result<crypto::Certificate> read_certificate(const fs::path& path) {
  TRY(const auto pem, read_file(path, limits::certificate_file_bytes));
  return crypto::Certificate::from_pem(pem, path.string());
}

Issued files_of(const IssueRequest& request, Use use, crypto::Certificate certificate) {
  const std::string stem(file_stem(use));
  return {use, std::move(certificate), request.out / (stem + ".crt"), request.out / (stem + ".key"),
          request.out / (stem + ".pem")};
}

Result<void> check_uses(const IssueRequest& request) {
  if (request.uses.empty())
    return fail("no use of the certificate was named", {}, "name server, client, both or phone");
  for (std::size_t i = 0; i < request.uses.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (file_stem(request.uses[i]) == file_stem(request.uses[j]))
        return fail(fmt::format("two of the uses would be written to {}.crt", file_stem(request.uses[i])), {},
                    "name each use once");
  return {};
}

Result<void> check_not_there(const IssueRequest& request) {
  if (request.overwrite) return {};
  std::error_code trouble;
  for (const auto use : request.uses)
    for (const auto* ending : {".key", ".crt", ".pem"})
      if (const auto path = request.out / fmt::format("{}{}", file_stem(use), ending); fs::exists(path, trouble))
        return fail("there is a certificate or key here already", path.string(),
                    "choose another folder with --out, or replace it with --force");
  return {};
}

}  // namespace

Result<Authority> Authority::open(const fs::path& pki) {
  std::error_code trouble;
  if (!fs::exists(pki / "anchors.pem", trouble))
    return fail("there is no certificate authority here", pki.string(),
                "make one with 'ringwall pki init', or name the site with --site");
  TRY(const auto anchors_pem, read_file(pki / "anchors.pem", limits::certificate_file_bytes));
  TRY(auto anchors, crypto::read_certificates(anchors_pem, (pki / "anchors.pem").string()));
  TRY(auto certificate, read_certificate(pki / "issuing" / "issuing.crt"));
  const auto key_file = pki / "issuing" / "issuing.key";
  TRY(const auto key_pem, read_secret_file(key_file, limits::certificate_file_bytes));
  TRY(auto key, crypto::PrivateKey::from_pem(key_pem, key_file.string()));
  if (!certificate.facts().is_ca || !certificate.belongs_to(key))
    return fail("issuing.crt is not a CA certificate with this key", key_file.string(),
                "restore issuing.crt and issuing.key from one backup");
  return Authority(pki, std::move(anchors), {std::move(certificate), std::move(key)});
}

Result<void> Authority::check_request(const IssueRequest& request, WallTime now) const {
  TRY_VOID(check_host_name(request.name));
  TRY_VOID(check_uses(request));
  constexpr std::chrono::days longest(limits::certificate_lifetime_days);
  if (request.days < std::chrono::days(1) || request.days > longest)
    return fail(fmt::format("{} days is no lifetime for a certificate", request.days.count()), {},
                fmt::format("name 1 to {} days", longest.count()));
  if (now + request.days > issuing_.certificate.not_after())
    return fail(fmt::format("the certificate would outlive the issuing CA, which ends on {}",
                            print_wall_time(issuing_.certificate.not_after())),
                (pki_ / "issuing" / "issuing.crt").string(), "ask for fewer days, or renew the issuing CA");
  if (request.out.empty()) return fail("no folder for the certificate was named", {}, "name one with --out");
  return check_not_there(request);
}

Result<std::vector<Issued>> Authority::issue(const IssueRequest& request, WallTime now) {
  TRY_VOID(check_request(request, now));
  TRY_VOID(make_private_folder(request.out));
  TRY_VOID(write_file(request.out / "chain.pem", as_bytes(issuing_.certificate.pem()), public_mode));
  TRY_VOID(write_file(request.out / "anchors.pem", as_bytes(crypto::print_pem(anchors_)), public_mode));
  std::vector<Issued> all;
  for (const auto use : request.uses) {
    TRY(auto one, issue_one(request, use, now));
    all.push_back(std::move(one));
  }
  return all;
}

Result<Issued> Authority::issue_one(const IssueRequest& request, Use use, WallTime now) {
  TRY(const auto name, check_host_name(request.name));
  TRY(const auto key, crypto::PrivateKey::generate(request.key_type));
  TRY(const auto certificate, crypto::issue_certificate(leaf_profile(use, name, request.days, now), key, issuing_));
  // What a peer would refuse is not handed out (an ended CA, an anchor that was exchanged by hand).
  const auto purpose = use == Use::server ? crypto::Purpose::server : crypto::Purpose::client;
  TRY_VOID(crypto::verify_chain({certificate, issuing_.certificate}, anchors_, now, purpose));
  TRY_VOID(record(certificate, name, use, now));
  auto issued = files_of(request, use, certificate);
  TRY_VOID(hand_out(issued, key));
  return issued;
}

Result<void> Authority::record(const crypto::Certificate& certificate, const std::string& name, Use use, WallTime now) {
  TRY(const auto lock, FileLock::take(pki_ / "issued" / ".lock"));
  IssueEntry entry;
  entry.time = now;
  entry.serial = certificate.serial();
  entry.name = name;
  entry.use = print(use);
  entry.not_after = certificate.not_after();
  entry.fingerprint = certificate.sha256_fingerprint();
  TRY_VOID(append_to_log(pki_ / "issued" / "log.jsonl", entry, issuing_));
  return write_file(file_of(entry.serial), as_bytes(certificate.pem()), public_mode);
}

Result<void> Authority::hand_out(const Issued& issued, const crypto::PrivateKey& key) const {
  const std::string chain = crypto::print_pem({issued.certificate, issuing_.certificate});
  const Secret pem = key.pem();
  Buffer both = to_buffer(pem.reveal());
  both.insert(both.end(), chain.begin(), chain.end());
  const Secret bundle(std::move(both));
  TRY_VOID(write_file(issued.key_file, pem.reveal(), private_mode));
  TRY_VOID(write_file(issued.certificate_file, as_bytes(chain), public_mode));
  return write_file(issued.bundle_file, bundle.reveal(), private_mode);
}

std::filesystem::path Authority::file_of(const std::string& serial) const {
  return pki_ / "issued" / (serial + ".crt");
}

Result<IssueLogReport> Authority::read_log() const {
  const auto path = pki_ / "issued" / "log.jsonl";
  std::error_code trouble;
  if (!fs::exists(path, trouble)) return IssueLogReport{};
  TRY(const auto text, read_file(path, limits::issue_log_bytes));
  return check_log(text, {issuing_.certificate}, path.string());
}

}  // namespace ringwall::pki
