#pragma once

#include <boost/json/value.hpp>

#include <filesystem>
#include <iostream>
#include <string_view>

#include "base/result.h"

namespace CLI {
class App;
}

namespace ringwall::cli {

/// What every command shares: where the site is, where its words go, and how it ended. `ringwall` makes one, fills it
/// from the common options and returns exit_code; tests give it streams of their own.
class CommandContext {
 public:
  std::filesystem::path site = ".";  ///< --site
  bool json = false;                 ///< --json
  int exit_code = 0;                 ///< 0 only on success

  CommandContext() : out_(&std::cout), err_(&std::cerr) {}
  CommandContext(std::ostream& out, std::ostream& err) : out_(&out), err_(&err) {}

  [[nodiscard]] std::ostream& out() const { return *out_; }  ///< what was asked for
  [[nodiscard]] std::ostream& err() const { return *err_; }  ///< what went wrong

  /// Prints "ringwall: where: what" and the mend on its own line (or as JSON on stderr with --json); exit_code
  /// becomes 1.
  void failed(const Error& error);
  /// Prints a value to out() as indented JSON.
  void print_json(const boost::json::value& value) const;

 private:
  std::ostream* out_;
  std::ostream* err_;
};

/// Gives a command --site (unless it has no use for one) and --json, which fill `context`.
void add_common_options(CLI::App& command, CommandContext& context, bool with_site = true);

}  // namespace ringwall::cli
