#include "policy/draft.h"

#include <algorithm>
#include <numeric>

#include "base/limits.h"

namespace ringwall::policy {
namespace {

constexpr std::size_t longest_word = 64;  ///< longer words get no suggestion: the distance costs the product of lengths

/// How many letters have to be added, dropped or changed (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

void Draft::error(const Place& where, std::string what, std::string mend) {
  add(Severity::error, where, std::move(what), std::move(mend));
}

void Draft::warning(const Place& where, std::string what, std::string mend) {
  add(Severity::warning, where, std::move(what), std::move(mend));
}

void Draft::add(Severity severity, const Place& where, std::string what, std::string mend) {
  if (findings.size() > limits::configuration_findings) return;
  if (findings.size() == limits::configuration_findings) {
    findings.push_back({where.file, 0, 0, "there are more mistakes than are listed", "mend these and check again"});
    return;
  }
  findings.push_back({where.file, where.line, where.column, std::move(what), std::move(mend), severity});
}

Place Draft::place(std::string_view kind, std::size_t index, std::string_view key) const {
  const std::string table = fmt::format("{}.{}", kind, index);
  if (!key.empty())
    if (const auto found = places.find(fmt::format("{}.{}", table, key)); found != places.end()) return found->second;
  const auto found = places.find(table);
  return found == places.end() ? Place{"ringwall.toml", 0, 0} : found->second;
}

Place Draft::place(std::string_view table, std::string_view key) const {
  return place(table, 0, key);
}

std::string closest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  if (word.size() > longest_word) return best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > longest_word) continue;
    const std::size_t far = distance(word, candidate);
    if (far < least && 2 * far <= std::max(word.size(), candidate.size())) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

}  // namespace ringwall::policy
