#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "media/types.h"
#include "voice_browser/vxml_interpreter.h"

namespace ringwall::voice_browser {

/// The site's prompts: WAV files below one folder, each read once and shared by all calls; a file that was changed on
/// disk is read again. Safe from any thread.
class PromptStore {
 public:
  explicit PromptStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The clip `name` ("welcome.wav"). The name may not leave the folder. Fails if it is missing, is no WAV that
  /// can be played, or is longer than limits::prompt_seconds.
  Result<media::Clip> get(std::string_view name);

  /// What to hand to the media engine: each clip's first readable source. A clip with none is left out, counted
  /// (`ringwall_prompts_missing_total`) and logged; an empty list means that nothing can be played.
  media::Playlist playlist(const vxml::Play& play);

 private:
  struct Entry {
    std::filesystem::file_time_type changed;
    media::Clip clip;
  };
  void keep(std::string_view name, Entry entry);
  media::Clip first_readable(const vxml::Clip& clip);

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace ringwall::voice_browser
