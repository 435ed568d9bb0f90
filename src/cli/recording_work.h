#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "media/record/container_reader.h"
#include "runtime/recording_file.h"

/// What is done with the recordings of a site folder, whether the site runs or not.
namespace ringwall::cli {

inline std::filesystem::path recordings_folder(const std::filesystem::path& site) {
  return site / "recordings";
}

/// The site's keys, each read once.
media::FindSiteKey site_keys(const std::filesystem::path& site);

/// "done of all", called now and then.
using Progress = std::function<void(std::size_t done, std::size_t all)>;

/// One line of `recording list`: what can be known without any key.
struct RecordingRow {
  std::string name, interaction;
  std::string state;  ///< "recording", "stored", "erased", "unreadable"
  WallTime began{};
  double seconds = 0;
  std::uint64_t bytes = 0;
  std::string site_key;
  std::string trouble;
};
Result<std::vector<RecordingRow>> recording_rows(const std::filesystem::path& site);

/// What checking every chunk of a recording has shown.
struct RecordingVerdict {
  std::string name;
  std::string state;  ///< "whole", "incomplete", "damaged", "recording", "erased", "unreadable"
  std::vector<std::string> issues;
  media::RecordingSummary summary;
  [[nodiscard]] bool good() const { return state == "whole" || state == "recording" || state == "erased"; }
};
RecordingVerdict verify_recording(const runtime::RecordingPlace& place, const media::FindSiteKey& find);

struct Rotation {
  std::string key;  ///< the new one
  std::size_t wrapped = 0;
  std::vector<std::string> destroyed;
  std::vector<Error> failures;  ///< recordings that keep their old key
};
/// Makes a new site key and wraps every recording's key anew by it. With `destroy_old`, site keys that no recording
/// needs any more are destroyed. Stopped at any moment, every recording stays readable, and the next run completes it.
Result<Rotation> rotate_recording_keys(const std::filesystem::path& site, bool destroy_old, const Progress& progress);

/// Writes the erasure into the audit, then does it.
Result<> erase_audited(const std::filesystem::path& site, const runtime::RecordingPlace& place, const std::string& why,
                       WallTime now);
/// Erases every recording that began more than `retention` before `now`. Gives how many.
Result<std::size_t> erase_expired(const std::filesystem::path& site, std::chrono::days retention, WallTime now);

enum class ExportSide : std::uint8_t { both, caller, called };
struct Exported {
  media::RecordingSummary summary;
  double seconds = 0;
};
/// Writes a WAV file (8 kHz, 16 bits; the caller left, what the caller hears right), mode 0600, which must not exist.
/// Refuses a damaged recording before it writes anything; an incomplete one is written as far as it goes.
Result<Exported> export_recording(const std::filesystem::path& site, const runtime::RecordingPlace& place,
                                  const std::filesystem::path& out, ExportSide side);

}  // namespace ringwall::cli
