#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate_builder.h"

/// One line of pki/issued/log.jsonl, the record of everything that the authority ever issued:
///   {"number":1,"previous":"<SHA-256 of the line before>","time":"...","serial":"...","name":"...","use":"server",
///    "not_after":"...","fingerprint":"...","issuer":"<fingerprint>","signature":"<by the issuing CA's key>"}
/// Each line fixes the one before it by its digest, and itself by a signature over everything before `signature`: so no
/// byte can be changed, and no line taken out or put in, by anyone who does not have the CA's key.
namespace ringwall::pki {

struct IssueEntry {
  std::uint64_t number = 0;  ///< 1, 2, 3, ...
  std::string previous;      ///< lower-case hex; zeros in the first line
  WallTime time{};
  std::string serial, name, use;
  WallTime not_after{};
  std::string fingerprint;  ///< SHA-256 of the certificate
  std::string issuer;       ///< SHA-256 of the issuing CA's certificate
  std::string signature;    ///< lower-case hex

  friend bool operator==(const IssueEntry&, const IssueEntry&) = default;
};

/// What stands in `previous` of the first line.
std::string no_previous_line();
/// What stands in `previous` of the line after `line` (given without its line end).
std::string digest_of_line(std::string_view line);

/// Fills in `issuer` and `signature`.
void sign_entry(IssueEntry& entry, const crypto::Issuer& issuing);
/// Whether one of `issuers` signed the entry.
bool is_signed(const IssueEntry& entry, const std::vector<crypto::Certificate>& issuers);

/// One line without a line end.
std::string print_entry(const IssueEntry& entry);
/// Reads exactly what print_entry() prints, and no other spelling of it.
Result<IssueEntry> parse_entry(std::string_view line);

}  // namespace ringwall::pki
