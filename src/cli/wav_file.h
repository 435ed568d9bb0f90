#pragma once

#include <filesystem>

#include "media/types.h"

namespace ringwall::cli {

/// 8 kHz mono 16-bit WAV files, whole in memory.
Result<media::Pcm> read_wav_file(const std::filesystem::path& file);
Result<> write_wav_file(const std::filesystem::path& file, const std::vector<std::int16_t>& samples);

}  // namespace ringwall::cli
