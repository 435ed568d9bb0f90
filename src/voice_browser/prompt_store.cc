#include "voice_browser/prompt_store.h"

#include <fmt/format.h>

#include <fstream>

#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"
#include "media/record/wav.h"

namespace ringwall::voice_browser {
namespace {

constexpr std::size_t samples_per_ms = 8;

media::Clip silence(milliseconds duration) {
  return std::make_shared<const std::vector<std::int16_t>>(static_cast<std::size_t>(duration.count()) * samples_per_ms);
}

Result<Buffer> read_file(const std::filesystem::path& path) {
  constexpr std::size_t most = limits::prompt_seconds * 1000 * samples_per_ms * sizeof(std::int16_t) + 65'536;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fail("the prompt is no file that can be read", path.string(), "check its permissions");
  if (size > most) {
    return fail(fmt::format("the prompt is longer than {} seconds", limits::prompt_seconds), path.string(),
                "shorten it");
  }
  Buffer bytes(size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) return fail("the prompt cannot be read", path.string(), "check its permissions");
  return bytes;
}

/// Its samples, and twice as much again for what calls may have it encoded to.
std::size_t bytes_of(const media::Clip& clip) {
  return clip.samples()->size() * sizeof(std::int16_t) * 3;
}

}  // namespace

Result<media::Clip> PromptStore::get(std::string_view name) {
  if (name.empty() || name.starts_with('/') || name.find("..") != name.npos || name.find('\0') != name.npos) {
    return fail(fmt::format("the prompt '{}' is not below the site's prompts folder", name), std::string(name),
                "put the WAV file into the prompts folder and write its name alone");
  }
  const std::filesystem::path path = folder_ / name;
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(path, error);
  if (error) return fail("there is no such prompt", path.string(), "record it, or make it with script/make-prompts");
  const std::lock_guard lock(mutex_);
  if (const auto known = entries_.find(name); known != entries_.end()) {
    if (known->second.changed == changed) return known->second.clip;
    bytes_ -= bytes_of(known->second.clip);
    entries_.erase(known);
  }
  TRY(const Buffer file, read_file(path));
  TRY(std::vector<std::int16_t> decoded, media::parse_wav(file, path.string()));
  const media::Clip clip = std::make_shared<const std::vector<std::int16_t>>(std::move(decoded));
  keep(name, {changed, clip});
  return clip;
}

/// Calls that play a prompt hold it themselves, so forgetting all when the cache is full disturbs nobody.
void PromptStore::keep(std::string_view name, Entry entry) {
  if (bytes_ + bytes_of(entry.clip) > limits::prompt_cache_bytes) {
    Metrics::instance().counter("ringwall_prompt_cache_full_total").add();
    entries_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes_of(entry.clip);
  entries_.emplace(name, std::move(entry));
}

media::Playlist PromptStore::playlist(const vxml::Play& play) {
  media::Playlist list;
  for (const vxml::Clip& clip : play.clips) {
    if (clip.sources.empty()) {
      list.clips.push_back(silence(clip.silence));
    } else if (media::Clip read = first_readable(clip); read.samples() != nullptr) {
      list.clips.push_back(std::move(read));
    }
  }
  return list;
}

media::Clip PromptStore::first_readable(const vxml::Clip& clip) {
  for (const std::string& source : clip.sources) {
    auto read = get(source);
    if (read) return std::move(*read);
    Metrics::instance().counter("ringwall_prompts_missing_total").add();
    log::warning("voice-browser", "prompt left out: {}", read.error().text());
  }
  return {};
}

}  // namespace ringwall::voice_browser
