#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace ringwall::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 8;

std::string cut(const std::string& cell, std::size_t width) {
  return cell.size() <= width ? cell : cell.substr(0, width - 3) + "...";
}

}  // namespace

void Table::row(std::vector<std::string> cells) {
  CHECK(cells.size() == rows_.front().size());
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> out(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      out[i] = std::max(out[i], row[i].size());
  const auto total = [&] { return std::accumulate(out.begin(), out.end(), (out.size() - 1) * gap); };
  while (total() > width) {
    const auto widest = std::ranges::max_element(out);
    if (*widest <= narrowest) break;
    *widest -= std::min(total() - width, *widest - narrowest);
  }
  return out;
}

std::string Table::text() const {
  const auto column = widths();
  std::string out;
  for (const auto& cells : rows_) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto cell = cut(cells[i], column[i]);
      line += cell + std::string(column[i] - cell.size() + gap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace ringwall::cli
