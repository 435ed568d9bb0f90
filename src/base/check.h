#pragma once

namespace ringwall {

/// Logs the broken invariant with its place and aborts. Never returns.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace ringwall

/// A bug stops the process: use for invariants of our own code, never for anything that comes from outside.
#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::ringwall::check_failed(#condition, __FILE__, __LINE__))
