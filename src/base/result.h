#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace ringwall {

/// Trouble that came from outside, in words an operator can act on.
struct Error {
  std::string what;   ///< what is wrong, one sentence without a full stop
  std::string where;  ///< the place: file:line:column, host:port, header name; may be empty
  std::string mend;   ///< what to do about it; may be empty

  /// "where: what (mend)", leaving out what is empty.
  [[nodiscard]] std::string text() const;
};

/// A value, or the reason why there is none.
template <class T = void>
using Result = std::expected<T, Error>;

/// Makes the failed side of a Result: `return fail("no such file", path, "run ringwall init")`.
[[nodiscard]] inline std::unexpected<Error> fail(std::string what, std::string where = {}, std::string mend = {}) {
  return std::unexpected(Error{std::move(what), std::move(where), std::move(mend)});
}

}  // namespace ringwall

#define RINGWALL_JOIN_(a, b) a##b
#define RINGWALL_JOIN(a, b) RINGWALL_JOIN_(a, b)

/// `TRY(auto key, load_key(path));` declares `key`, or returns the error to the caller.
#define TRY(declaration, expression)                                                                            \
  auto RINGWALL_JOIN(try_, __LINE__) = (expression);                                                            \
  if (!RINGWALL_JOIN(try_, __LINE__)) return std::unexpected(std::move(RINGWALL_JOIN(try_, __LINE__)).error()); \
  declaration = std::move(*RINGWALL_JOIN(try_, __LINE__))

/// `TRY_VOID(save(key));` goes on, or returns the error to the caller.
#define TRY_VOID(expression) \
  if (auto try_result = (expression); !try_result) return std::unexpected(std::move(try_result).error())
