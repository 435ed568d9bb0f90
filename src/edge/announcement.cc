#include "edge/announcement.h"

#include <fstream>

#include "base/limits.h"
#include "media/record/wav.h"

namespace ringwall::edge {

Result<media::Pcm> Announcement::get(const std::filesystem::path& file) {
  std::error_code trouble;
  const auto changed = std::filesystem::last_write_time(file, trouble);
  const std::uintmax_t size = trouble ? 0 : std::filesystem::file_size(file, trouble);
  if (trouble) return fail("the announcement cannot be read: " + trouble.message(), file.string());
  if (samples_ && file == file_ && changed == changed_) return samples_;
  if (size > limits::wav_bytes) return fail("the announcement is too long", file.string(), "shorten it");
  Buffer bytes(size);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!in) return fail("the announcement cannot be read", file.string(), "check its permissions");
  TRY(auto samples, media::parse_wav(bytes, file.string()));
  samples_ = std::make_shared<const std::vector<std::int16_t>>(std::move(samples));
  file_ = file;
  changed_ = changed;
  return samples_;
}

}  // namespace ringwall::edge
