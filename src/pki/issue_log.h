#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pki/issue_entry.h"

namespace ringwall::pki {

/// What a log says, and whether it may be believed.
struct IssueLogReport {
  std::vector<IssueEntry> entries;  ///< every readable line, in order
  std::vector<Error> findings;      ///< lines that were changed, taken out or put in; empty: the log is whole
  std::string torn;                 ///< the beginning of a last line that was never finished; may be empty
};

/// Checks a whole log text. A pure function: `where` is the file name for the findings.
IssueLogReport check_log(std::string_view text, const std::vector<crypto::Certificate>& issuers,
                         const std::string& where);

/// Explains a torn last line in one sentence, or gives nothing.
std::string explain_torn(const IssueLogReport& report);

/// Appends `entry` as the next line: sets its number and previous digest, signs it, and returns when it is on the disk.
/// A torn last line (the process was killed, or the power went, while it was written) is first completed if it is whole
/// but for its line end, else moved to log.torn: its certificate was never handed out.
/// The caller holds the lock of the log.
Result<void> append_to_log(const std::filesystem::path& log, IssueEntry& entry, const crypto::Issuer& issuing);

}  // namespace ringwall::pki
