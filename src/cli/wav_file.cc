#include "cli/wav_file.h"

#include "base/bytes.h"
#include "media/record/wav.h"
#include "pki/atomic_file.h"

namespace ringwall::cli {
namespace {

constexpr std::size_t wav_file_bytes = 64 << 20;

}  // namespace

Result<media::Pcm> read_wav_file(const std::filesystem::path& file) {
  TRY(const std::string bytes, pki::read_file(file, wav_file_bytes));
  TRY(auto samples, media::parse_wav(as_bytes(bytes), file.string()));
  return std::make_shared<const std::vector<std::int16_t>>(std::move(samples));
}

Result<> write_wav_file(const std::filesystem::path& file, const std::vector<std::int16_t>& samples) {
  return pki::write_file(file, media::print_wav(samples), pki::public_mode);
}

}  // namespace ringwall::cli
