#include "runtime/open_recording.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/metric.h"
#include "crypto/random.h"
#include "runtime/recording_file.h"

namespace ringwall::runtime {
namespace {

namespace fs = std::filesystem;
using Reason = media::RecordingEnd::Reason;

constexpr int most_of_one_interaction = 1'000;

Counter& dropped_counter() {
  static Counter& counter = Metrics::instance().counter("ringwall_recording_frames_dropped_total");
  return counter;
}

/// An interaction's id is 32 hex digits; what came from elsewhere may not leave the folder.
std::string file_stem(const std::string& interaction) {
  std::string out = interaction.substr(0, 64);
  for (char& c : out)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-') c = '_';
  return out.empty() ? "call" : out;
}

Result<> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    const FileDescriptor above(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (above && ::fsync(above.number()) == 0) return {};
  }
  if (errno == EEXIST) return {};
  return file_failure("make a folder", path);
}

bool is_full(int reason) {
  return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

}  // namespace

RecordingWriter::Live::Live(RecordingId recording, std::string name, media::RecordingLabels what)
    : id(recording),
      interaction(std::move(name)),
      labels(std::move(what)),
      began(Clock::now()),
      began_ms(static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count())),
      tap(std::make_shared<media::RecordingTap>(limits::recording_ring_bytes)) {}

RecordingWriter::Open::Open(std::shared_ptr<Live> live)
    : live_(std::move(live)), timeline_(live_->began, live_->pauses), synced_(live_->began) {}

/// <day>/<interaction>.rec, or -2, -3 ... behind it.
Result<> RecordingWriter::Open::choose_file(const fs::path& day) {
  const std::string stem = file_stem(live_->interaction);
  for (int number = 1; number <= most_of_one_interaction; ++number) {
    name_ = number == 1 ? stem : fmt::format("{}-{}", stem, number);
    path_ = day / (name_ + std::string(recording_suffix));
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file_ || errno != EEXIST) break;
  }
  if (!file_ || ::fchmod(file_.number(), 0600) != 0 || !mark_live(file_)) return file_failure("make the file", path_);
  return {};
}

Result<> RecordingWriter::Open::write_begin(const crypto::WrappingKey& site_key) {
  const Secret key = crypto::random_key(crypto::WrappingKey::bytes);
  media::RecordingHeader header{.started_ms = live_->began_ms, .interaction = file_stem(live_->interaction)};
  crypto::random_bytes(header.id);
  writer_.emplace(header, key);
  const Buffer begin = writer_->begin(site_key, key, live_->labels);
  if (!write_whole(file_.number(), begin) || ::fdatasync(file_.number()) != 0)
    return file_failure("write the recording", path_);
  bytes_ = begin.size();
  return {};
}

Result<> RecordingWriter::Open::create(const RecordingWriterOptions& options) {
  const auto began = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(live_->began_ms));
  const std::string text = print_wall_time(std::chrono::floor<std::chrono::seconds>(began));
  const fs::path day = options.folder / text.substr(0, 10);
  TRY_VOID(make_folder(options.folder));
  TRY_VOID(make_folder(day));
  TRY_VOID(choose_file(day));
  auto done = options.with_key([this](const crypto::WrappingKey& key) { return write_begin(key); });
  const FileDescriptor folder(::open(day.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (done && (!folder || ::fsync(folder.number()) != 0)) done = file_failure("write to the disk", day);
  if (!done) ::unlink(path_.c_str());
  return done;
}

void RecordingWriter::Open::drain() {
  while (const auto frame = live_->tap->front()) {
    while (!over_ && !timeline_.add(*frame))
      write_chunk(timeline_.take());
    live_->tap->release();
  }
}

bool RecordingWriter::Open::step(Time now) {
  const bool ending = live_->ending.load(std::memory_order_acquire);
  if (!over_) drain();
  warn_of_drops();
  const Time until = ending ? live_->end_at + media::RecordingTimeline::settle_time : now;
  while (!over_ && timeline_.due(until))
    write_chunk(timeline_.take());
  if (!over_ && writer_->audio_chunks() >= media::recording::most_audio_chunks) {
    trouble_ = "the recording is as long as one may be";
    write_end(Reason::too_long);
  }
  if (!over_ && ending) {
    const media::AudioChunk& rest = timeline_.take_rest(live_->end_at);
    if (rest.samples > 0) write_chunk(rest);
    if (!over_) write_end(live_->end_reason);
  }
  return over_;
}

void RecordingWriter::Open::write_chunk(const media::AudioChunk& chunk) {
  if (over_) return;
  const Bytes bytes = writer_->audio(chunk);
  if (!write_whole(file_.number(), bytes)) return give_up();
  bytes_ += bytes.size();
  media::append_masks(end_.masks, chunk.masks, end_.samples);
  end_.samples += chunk.samples;
}

void RecordingWriter::Open::write_end(Reason reason) {
  over_ = true;
  live_->tap->close();
  reason_ = media::print(reason);
  end_.reason = reason;
  end_.frames_dropped = live_->tap->dropped();
  if (!write_whole(file_.number(), writer_->end(end_)) || ::fdatasync(file_.number()) != 0) {
    if (trouble_.empty()) trouble_ = fmt::format("the end could not be written: {}", std::strerror(errno));
    if (::ftruncate(file_.number(), static_cast<off_t>(bytes_)) != 0) return;  // a torn end is no worse than none
    (void)::fdatasync(file_.number());
  }
}

/// The disk does not take the last chunk: what is torn is cut off, and the end is written if there is room for it.
void RecordingWriter::Open::give_up() {
  const int reason = errno;
  trouble_ = fmt::format("the disk does not take it: {}", std::strerror(reason));
  const bool cut = ::ftruncate(file_.number(), static_cast<off_t>(bytes_)) == 0 &&
                   ::lseek(file_.number(), 0, SEEK_END) == static_cast<off_t>(bytes_);
  if (!cut || !is_full(reason)) return fail("failed", trouble_);
  writer_->forget_last();
  write_end(Reason::disk_full);
}

void RecordingWriter::Open::fail(std::string reason, std::string trouble) {
  over_ = true;
  live_->tap->close();
  reason_ = std::move(reason);
  trouble_ = std::move(trouble);
}

void RecordingWriter::Open::sync() {
  (void)::fdatasync(file_.number());
  synced_ = Clock::now();
}

void RecordingWriter::Open::warn_of_drops() {
  const std::uint64_t dropped = live_->tap->dropped();
  if (dropped == drops_told_) return;
  if (drops_told_ == 0)
    log::warning("recording", "call {}: the disk is too slow: audio is missing from the recording, not from the call",
                 live_->interaction);
  dropped_counter().add(dropped - drops_told_);
  drops_told_ = dropped;
}

RecordingNews RecordingWriter::Open::news(RecordingNews::Kind kind) const {
  return {.kind = kind,
          .id = live_->id,
          .interaction = live_->interaction,
          .name = name_,
          .reason = reason_,
          .trouble = trouble_,
          .seconds = static_cast<double>(end_.samples) / media::recording::rate,
          .frames_dropped = live_->tap->dropped()};
}

}  // namespace ringwall::runtime
