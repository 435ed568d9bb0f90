#include "cli/recording_work.h"

#include <map>

#include "base/text.h"
#include "pki/recording_audit.h"
#include "pki/recording_keys.h"

namespace ringwall::cli {
namespace {

namespace fs = std::filesystem;
using media::KeySlot;
using runtime::RecordingFile;
using runtime::RecordingPlace;

WallTime began(const RecordingFile& file) {
  constexpr std::uint64_t last = 253'402'300'799;  // of the year 9999
  return WallTime(std::chrono::seconds(std::min(file.head().header.started_ms / 1'000, last)));
}

std::string name_of_key(const KeySlot& slot) {
  return slot.state == KeySlot::State::key ? print_hex(slot.site_key) : "";
}

RecordingRow row_of(const RecordingPlace& place) {
  RecordingRow row{.name = place.name};
  const auto file = RecordingFile::open(place.file);
  if (!file) {
    row.state = "unreadable";
    row.trouble = file.error().text();
    return row;
  }
  const KeySlot& slot = file->head().slot();
  row.interaction = file->head().header.interaction;
  row.state = slot.state == KeySlot::State::erased  ? "erased"
              : file->live()                        ? "recording"
              : slot.state == KeySlot::State::empty ? "unreadable"
                                                    : "stored";
  row.began = began(*file);
  row.seconds = file->seconds();
  row.bytes = file->size();
  row.site_key = name_of_key(slot);
  return row;
}

std::string describe(const media::ContainerReader::Damaged& damage) {
  if (damage.chunk == 0) return "chunk 0 (the labels): " + damage.why;
  const double at = static_cast<double>(damage.chunk - 1) * media::recording::chunk_samples / media::recording::rate;
  return fmt::format("chunk {} (at {:.1f} s): {}", damage.chunk, at, damage.why);
}

}  // namespace

media::FindSiteKey site_keys(const fs::path& site) {
  auto known = std::make_shared<std::map<crypto::WrappingKey::Id, std::optional<Secret>>>();
  return [keys = pki::RecordingKeys(site), known](const crypto::WrappingKey::Id& id) {
    const auto at = known->find(id);
    if (at != known->end()) return at->second;
    auto read = keys.find(id);
    return known->emplace(id, read ? std::optional(std::move(*read)) : std::nullopt).first->second;
  };
}

Result<std::vector<RecordingRow>> recording_rows(const fs::path& site) {
  TRY(const auto places, runtime::list_recordings(recordings_folder(site)));
  std::vector<RecordingRow> rows;
  for (const RecordingPlace& place : places)
    rows.push_back(row_of(place));
  return rows;
}

RecordingVerdict verify_recording(const RecordingPlace& place, const media::FindSiteKey& find) {
  RecordingVerdict out{.name = place.name, .state = "unreadable", .issues = {}, .summary = {}};
  const auto file = RecordingFile::open(place.file);
  if (!file) {
    out.issues.push_back(file.error().text());
    return out;
  }
  if (file->head().slot().state == KeySlot::State::erased) {
    out.state = "erased";
    return out;
  }
  const bool live = file->live();  // before the chunks are read: they may have all come by then
  const auto key = media::open_recording_key(file->head(), find);
  if (!key) {
    out.issues.push_back(key.error().text());
    return out;
  }
  auto summary = file->scan(*key);
  if (!summary) {
    out.issues.push_back(summary.error().text());
    return out;
  }
  out.summary = std::move(*summary);
  for (const auto& damage : out.summary.damaged)
    out.issues.push_back(describe(damage));
  out.state = print(out.summary.state);
  if (out.summary.state == media::RecordingSummary::State::incomplete) {
    if (live)
      out.state = "recording";
    else
      out.issues.push_back(
          fmt::format("it has no end: whoever wrote it was stopped, or the end was cut off; {:.1f} s "
                      "are whole",
                      static_cast<double>(out.summary.samples) / media::recording::rate));
  }
  return out;
}

Result<Rotation> rotate_recording_keys(const fs::path& site, bool destroy_old, const Progress& progress) {
  const pki::RecordingKeys keys(site);
  const auto find = site_keys(site);
  Rotation out;
  TRY(const auto id, keys.make());
  out.key = print_hex(id);
  TRY_VOID(pki::append_recording_act(site, {"rotate-keys", "", {{"key", out.key}}}, wall_now()));
  TRY(const auto current, keys.current());
  // What begins from here on is wrapped by the new key.
  TRY(const auto places, runtime::list_recordings(recordings_folder(site)));
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (progress) progress(i, places.size());
    auto done = runtime::rewrap_recording(places[i].file, current, find);
    if (!done)
      out.failures.push_back(std::move(done.error()));
    else if (*done)
      ++out.wrapped;
  }
  if (!destroy_old) return out;
  TRY(const auto gone, keys.destroy_others([&] { return runtime::site_keys_needed(recordings_folder(site)); }));
  for (const auto& key : gone) {
    out.destroyed.push_back(print_hex(key));
    TRY_VOID(pki::append_recording_act(site, {"destroy-key", "", {{"key", print_hex(key)}}}, wall_now()));
  }
  return out;
}

Result<> erase_audited(const fs::path& site, const RecordingPlace& place, const std::string& why, WallTime now) {
  TRY(const auto file, RecordingFile::open(place.file));
  if (file.live()) return fail("the recording is being written", place.name, "erase it when the call is over");
  TRY_VOID(pki::append_recording_act(
      site, {"erase", place.name, {{"reason", why}, {"interaction", file.head().header.interaction}}}, now));
  return runtime::erase_recording(place.file, now);
}

Result<std::size_t> erase_expired(const fs::path& site, std::chrono::days retention, WallTime now) {
  TRY(const auto places, runtime::list_recordings(recordings_folder(site)));
  std::size_t erased = 0;
  for (const RecordingPlace& place : places) {
    const auto file = RecordingFile::open(place.file);
    if (!file || began(*file) + retention > now || file->live()) continue;
    const bool done = file->head().slot().state == KeySlot::State::erased &&
                      file->size() == media::recording::chunks_at &&
                      file->head().slots[0].state == file->head().slots[1].state;
    if (done) continue;
    TRY_VOID(erase_audited(site, place, fmt::format("older than {} days", retention.count()), now));
    ++erased;
  }
  return erased;
}

}  // namespace ringwall::cli
