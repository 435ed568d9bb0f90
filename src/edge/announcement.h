#pragma once

#include <filesystem>

#include "media/types.h"

namespace ringwall::edge {

/// A prompt in a file, read again when the file has changed.
class Announcement {
 public:
  Result<media::Pcm> get(const std::filesystem::path& file);

 private:
  std::filesystem::path file_;
  std::filesystem::file_time_type changed_;
  media::Pcm samples_;
};

}  // namespace ringwall::edge
