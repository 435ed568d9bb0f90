#pragma once

#include <toml++/toml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/draft.h"

namespace ringwall::policy {

enum class Need : std::uint8_t { required, optional };

/// Reads the keys of one table into typed values. What is wrong becomes a finding, and the value keeps its default.
/// Every key that was asked for is known; finish() reports the others.
class TableReader {
 public:
  /// `path` is the table's key in Draft::places ("trunk.0"), `what` its name for people ("trunk").
  TableReader(const toml::table& table, std::string path, std::string what, const std::string& file, Draft& draft);

  void text(std::string_view key, std::string& out, Need need = Need::required);
  void texts(std::string_view key, std::vector<std::string>& out, Need need = Need::required);
  void flag(std::string_view key, bool& out);
  /// A list of whole numbers, each within the limits.
  void numbers(std::string_view key, std::vector<int>& out, int low, int high);
  /// Milliseconds from `low` to `high`; with `or_zero`, 0 too.
  void milliseconds(std::string_view key, std::chrono::milliseconds& out, int low, int high, bool or_zero = false);
  /// A table inside this one, or each table of a list inside it: `read` is given a reader of it.
  void table(std::string_view key, std::string_view what, const std::function<void(TableReader&)>& read);
  void tables(std::string_view key, std::string_view what, const std::function<void(TableReader&)>& read);

  template <class Number>
  void number(std::string_view key, Number& out, std::int64_t low, std::int64_t high) {
    if (const auto value = integer(key, low, high)) out = static_cast<Number>(*value);
  }
  void seconds(std::string_view key, std::chrono::seconds& out, std::int64_t high);
  /// A TOML date, a date and time, or either as text; UTC where no offset is written.
  void wall_time(std::string_view key, WallTime& out);

  void finish();

  [[nodiscard]] Place place(std::string_view key = {}) const;
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  [[nodiscard]] Draft& draft() const { return draft_; }

 private:
  const toml::node* find(std::string_view key, Need need);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
  void wrong_type(std::string_view key, const toml::node& node, std::string_view wanted);
  [[nodiscard]] Place place_of(const toml::node& node) const;

  const toml::table& table_;
  std::string path_, what_;
  const std::string& file_;
  Draft& draft_;
  std::vector<std::string_view> known_;
};

/// Reports every key of `table` that is not in `known`.
void report_unknown_keys(const toml::table& table, const std::vector<std::string_view>& known, std::string_view what,
                         const std::string& file, Draft& draft);

}  // namespace ringwall::policy
