#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <mutex>

namespace ringwall::log {
namespace {

std::atomic<Level> lowest{Level::info};
std::mutex sink_mutex;
std::function<void(const Record&)> extra_sink;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_color_mt("ringwall");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Peers choose part of what is logged: a line feed or an escape sequence of theirs must not become ours.
std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

}  // namespace

void set_level(Level level) {
  lowest = level;
}
bool enabled(Level level) {
  return level >= lowest.load(std::memory_order_relaxed);
}

void set_sink(std::function<void(const Record&)> sink) {
  const std::lock_guard lock(sink_mutex);
  extra_sink = std::move(sink);
}

void write(Level level, std::string_view component, std::string_view text) {
  if (!enabled(level)) return;
  Record record{level, std::string(component), one_line(text)};
  logger().log(spdlog_level(level), "[{}] {}", record.component, record.text);
  const std::lock_guard lock(sink_mutex);
  if (extra_sink) extra_sink(record);
}

}  // namespace ringwall::log
