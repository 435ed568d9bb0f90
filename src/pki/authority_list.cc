#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "pki/atomic_file.h"
#include "pki/authority.h"

namespace ringwall::pki {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shortest_beginning = 8;  // hex digits of a serial number

bool is_hex(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The certificate of a line, if its file is there and is the one that was issued.
std::optional<crypto::Certificate> certificate_of(const IssueEntry& entry, const fs::path& file,
                                                  std::vector<Error>& findings) {
  std::error_code trouble;
  if (!fs::exists(file, trouble)) return std::nullopt;
  const auto pem = read_file(file, limits::certificate_file_bytes);
  auto certificate = pem ? crypto::Certificate::from_pem(*pem, file.string())
                         : Result<crypto::Certificate>(std::unexpected(pem.error()));
  if (!certificate) {
    findings.push_back(certificate.error());
    return std::nullopt;
  }
  if (certificate->sha256_fingerprint() != entry.fingerprint)
    findings.push_back(
        {"this is not the certificate that the issue log names", file.string(), "restore the file from a backup"});
  return std::move(*certificate);
}

/// Certificates are written after their line, so one without a line means that its line was taken out.
void find_unlogged(const fs::path& folder, const std::set<std::string>& serials, std::vector<Error>& findings) {
  std::error_code trouble;
  for (fs::directory_iterator at(folder, trouble), end; !trouble && at != end; at.increment(trouble)) {
    const auto& path = at->path();
    if (path.extension() == ".crt" && !serials.contains(path.stem().string()))
      findings.push_back(
          {"the issue log has no line for this certificate: its line was taken out, or the file was put in by hand",
           path.string(), "restore the log from a backup and compare it with the certificates in use"});
  }
}

}  // namespace

Result<AuthorityReport> Authority::list() const {
  TRY(auto log, read_log());
  AuthorityReport report;
  report.note = explain_torn(log);
  report.findings = std::move(log.findings);
  std::set<std::string> serials;
  for (auto& entry : log.entries) {
    serials.insert(entry.serial);
    auto certificate =
        is_hex(entry.serial) ? certificate_of(entry, file_of(entry.serial), report.findings) : std::nullopt;
    report.records.push_back({std::move(entry), std::move(certificate)});
  }
  find_unlogged(pki_ / "issued", serials, report.findings);
  return report;
}

Result<crypto::Certificate> Authority::find(std::string_view serial) const {
  const std::string wanted = to_lower(serial);
  TRY(const auto report, list());
  std::vector<crypto::Certificate> found;
  for (const auto& record : report.records)
    if (record.certificate && (record.entry.serial == wanted ||
                               (wanted.size() >= shortest_beginning && record.entry.serial.starts_with(wanted))))
      found.push_back(*record.certificate);
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(fmt::format("no certificate with the serial number {} was issued here", wanted),
                (pki_ / "issued").string(), "see 'ringwall pki list'");
  return fail(fmt::format("{} serial numbers begin with {}", found.size(), wanted), {}, "give more digits");
}

Result<std::vector<crypto::Certificate>> Authority::find_name(std::string_view name) const {
  const std::string wanted = to_lower(name);
  TRY(const auto report, list());
  std::vector<crypto::Certificate> found;
  for (const auto& record : report.records)
    if (record.certificate && record.entry.name == wanted) found.insert(found.begin(), *record.certificate);
  if (found.empty())
    return fail(fmt::format("no certificate was issued here for '{}'", wanted), (pki_ / "issued").string(),
                "see 'ringwall pki list'");
  return found;
}

}  // namespace ringwall::pki
