#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/site.h"

namespace ringwall::policy {

/// Where in the configuration something stands. Line 0: the file as a whole.
struct Place {
  std::string file;
  std::size_t line = 0, column = 0;
};

/// A site while it is being read: what is known so far, where each word of it stands, and what is wrong with it.
struct Draft {
  Site site;
  std::vector<Finding> findings;
  std::map<std::string, Place> places;  ///< by "trunk.0" or "trunk.0.profile"

  void error(const Place& place, std::string what, std::string mend);
  void warning(const Place& place, std::string what, std::string mend);

  /// Where a key of the index-th table of a kind stands; the table itself if the key is not written.
  [[nodiscard]] Place place(std::string_view kind, std::size_t index, std::string_view key = {}) const;
  /// The same for a table that stands once ("media").
  [[nodiscard]] Place place(std::string_view table, std::string_view key) const;

 private:
  void add(Severity severity, const Place& place, std::string what, std::string mend);
};

/// " (did you mean 'x'?)"-style help: the closest of the candidates, or empty if none is close.
std::string closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace ringwall::policy
