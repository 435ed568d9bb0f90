#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "cli/recording_work.h"
#include "media/codec/g711.h"
#include "media/record/wav.h"
#include "pki/recording_audit.h"

namespace ringwall::cli {
namespace {

namespace fs = std::filesystem;
namespace format = media::recording;

/// A file that is removed again unless it was finished.
class WavOut {
 public:
  static Result<WavOut> create(const fs::path& path) {
    WavOut out;
    out.file_ = runtime::FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!out.file_ && errno == EEXIST) return fail("the file exists already", path.string(), "name another one");
    if (!out.file_) return runtime::file_failure("make the file", path);
    out.path_ = path;
    return out;
  }
  WavOut(WavOut&& other) noexcept
      : file_(std::move(other.file_)), path_(std::exchange(other.path_, {})), finished_(other.finished_) {}
  WavOut& operator=(WavOut&&) = delete;
  ~WavOut() {
    if (!finished_ && !path_.empty()) ::unlink(path_.c_str());
  }
  Result<> write(Bytes bytes) {
    if (!runtime::write_whole(file_.number(), bytes)) return runtime::file_failure("write", path_);
    return {};
  }
  Result<> finish() {
    if (::fsync(file_.number()) != 0) return runtime::file_failure("write to the disk", path_);
    finished_ = true;
    return {};
  }

 private:
  WavOut() = default;
  runtime::FileDescriptor file_;
  fs::path path_;
  bool finished_ = false;
};

Result<> write_audio(WavOut& out, const media::AudioChunk& chunk, ExportSide side) {
  Buffer bytes;
  bytes.reserve(chunk.samples * 2 * format::channels);
  const auto sample = [&](std::size_t channel, std::size_t at) {
    const auto linear = static_cast<std::uint16_t>(media::decode_sample(media::Codec::pcmu, chunk.audio[channel][at]));
    bytes.push_back(static_cast<std::uint8_t>(linear));
    bytes.push_back(static_cast<std::uint8_t>(linear >> 8));
  };
  for (std::size_t at = 0; at < chunk.samples; ++at) {
    if (side != ExportSide::called) sample(0, at);
    if (side != ExportSide::caller) sample(1, at);
  }
  return out.write(bytes);
}

}  // namespace

Result<Exported> export_recording(const fs::path& site, const runtime::RecordingPlace& place, const fs::path& out,
                                  ExportSide side) {
  const auto find = site_keys(site);
  const RecordingVerdict verdict = verify_recording(place, find);
  if (verdict.state == "erased") return fail("the recording was erased", place.name);
  if (verdict.state == "unreadable" || verdict.state == "damaged")
    return fail("the recording is damaged: " + (verdict.issues.empty() ? verdict.state : verdict.issues.front()),
                place.name, "see 'ringwall recording verify'; take the file from a backup");
  TRY(const auto file, runtime::RecordingFile::open(place.file));
  TRY(const auto key, media::open_recording_key(file.head(), find));
  TRY_VOID(pki::append_recording_act(site, {"export", place.name, {{"file", out.string()}}}, wall_now()));
  TRY(auto wav, WavOut::create(out));
  const std::uint16_t channels = side == ExportSide::both ? 2 : 1;
  const std::uint64_t samples = verdict.summary.samples;
  TRY_VOID(wav.write(media::print_wav_header(static_cast<std::uint32_t>(samples * 2 * channels), channels)));
  std::uint64_t written = 0;
  TRY(auto summary, file.scan(key, [&](const media::ContainerReader::Chunk& chunk) -> Result<> {
    const auto* audio = std::get_if<media::AudioChunk>(&chunk);
    if (audio == nullptr || written + audio->samples > samples) return {};  // written since the check
    written += audio->samples;
    return write_audio(wav, *audio, side);
  }));
  if (written != samples) return fail("the recording was changed while it was read", place.name, "try again");
  TRY_VOID(wav.finish());
  return Exported{std::move(summary), static_cast<double>(samples) / format::rate};
}

}  // namespace ringwall::cli
