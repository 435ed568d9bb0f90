#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "media/types.h"

namespace ringwall::media {

/// Reads a RIFF/WAVE file of 8 kHz mono 16-bit PCM, at most limits::prompt_seconds of it. A data chunk that says it is
/// longer than the file (a file that was not closed) is taken to its end. `name` is for the error.
Result<std::vector<std::int16_t>> parse_wav(Bytes file, std::string_view name);
/// What stands before the samples of a file of 8 kHz 16-bit PCM: `channels` of them interleaved, `data_bytes` in all.
Buffer print_wav_header(std::uint32_t data_bytes, std::uint16_t channels);
/// The same form, complete file.
Buffer print_wav(std::span<const std::int16_t> samples);

}  // namespace ringwall::media
