#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ringwall::cli {

/// Rows under headings, each column as wide as it must be. If a line would be longer than 100 columns, the widest
/// column is cut ("carrier-with-a-long-...").
class Table {
 public:
  static constexpr std::size_t width = 100;

  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  /// As many cells as there are headings.
  void row(std::vector<std::string> cells);
  /// Whether there is no row under the headings.
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  /// The headings and rows, each line with its line end.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ringwall::cli
