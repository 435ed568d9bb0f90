#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// <site>/recordings/audit.jsonl: what was done with recordings that cannot be undone, or gave their sound away. Lines
/// are only appended; each holds the SHA-256 of the one before, so that a line that was changed or taken out shows.
namespace ringwall::pki {

struct RecordingAct {
  std::string act;        ///< "erase", "export", "rotate-keys", "destroy-key"
  std::string recording;  ///< its name; empty where all are meant
  std::vector<std::pair<std::string, std::string>> detail;
};

/// Returns when the line is on the disk. The user is the one of the process.
Result<> append_recording_act(const std::filesystem::path& site, const RecordingAct& act, WallTime now);

/// How many lines there are, or which one does not fit.
Result<std::size_t> check_recording_audit(const std::filesystem::path& site);

}  // namespace ringwall::pki
