#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

namespace ringwall::log {

enum class Level { debug, info, warning, error };

struct Record {
  Level level;
  std::string component;  ///< the element or part that speaks: "edge", "tls", "store"
  std::string text;       ///< one line; control characters are escaped
};

/// Lines below this level are dropped. Default: info.
void set_level(Level level);
bool enabled(Level level);

/// Also hands every record to `sink` until it is set to nullptr. For tests and the live log; called on the thread that
/// logs.
void set_sink(std::function<void(const Record&)> sink);

/// One line to standard error. Safe from any thread. Text from peers may be passed: it cannot break the line.
void write(Level level, std::string_view component, std::string_view text);

template <class... Args>
void debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warning)) write(Level::warning, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, component, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ringwall::log
