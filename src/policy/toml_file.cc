#include "policy/toml_file.h"

#include <toml++/toml.h>

#include <fstream>

#include "base/limits.h"

namespace ringwall::policy {
namespace {

/// Walks over a TOML text just far enough to know brackets from strings and comments.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Finding> run() {
    while (at_ < text_.size()) {
      if (auto trouble = step()) return trouble;
    }
    return std::nullopt;
  }

 private:
  std::optional<Finding> step() {
    const char c = text_[at_];
    if (c == '\0') return here("a NUL byte stands in the text", "remove it");
    if (c == '#') return skip_comment();
    if (c == '"' || c == '\'') return skip_string(c);
    if (c == '[' || c == '{') {
      if (++depth_ > limits::configuration_nesting)
        return here(fmt::format("brackets stand more than {} deep", limits::configuration_nesting),
                    "write it as tables of their own");
    } else if ((c == ']' || c == '}') && depth_ > 0) {
      --depth_;
    }
    return advance();
  }

  /// Over one character, counting lines and dots. Dots in strings count as well, so that no disagreement with the
  /// parser about where a string ends can let a deep key through.
  std::optional<Finding> advance() {
    if (text_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
      dots_ = 0;
    } else if (text_[at_] == '.' && ++dots_ > limits::configuration_dots_per_line) {
      return here(fmt::format("a line holds more than {} dots", limits::configuration_dots_per_line),
                  "break the line, or write tables instead of dotted keys");
    }
    ++at_;
    return std::nullopt;
  }

  std::optional<Finding> skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n')
      ++at_;
    return std::nullopt;
  }

  std::optional<Finding> skip_string(char quote) {
    const std::string triple(3, quote);
    const bool long_string = text_.substr(at_, 3) == triple;
    at_ += long_string ? 3 : 1;
    while (at_ < text_.size()) {
      if (long_string ? text_.substr(at_, 3) == triple : text_[at_] == quote || text_[at_] == '\n') break;
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      if (auto trouble = advance()) return trouble;
    }
    if (at_ >= text_.size() || text_[at_] == '\n') return std::nullopt;  // unfinished: the parser says so
    at_ += long_string ? 3 : 1;
    // Up to two quotes may stand before the closing three (TOML 1.0).
    for (int i = 0; long_string && i < 2 && at_ < text_.size() && text_[at_] == quote; ++i)
      ++at_;
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Finding> here(std::string what, std::string mend) const {
    return Finding{{}, line_, at_ - line_start_ + 1, std::move(what), std::move(mend)};
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1, line_start_ = 0, dots_ = 0, depth_ = 0;
};

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t limit) {
  std::error_code trouble;
  if (!std::filesystem::is_regular_file(file, trouble))
    return fail("there is no such file", file.string(), "make it, or mend the path");
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("the file cannot be opened", file.string(), "let the user that runs ringwall read it");
  std::string text(limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail("the file cannot be read", file.string(), "check the disk");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limit)
    return fail(fmt::format("the file is larger than {} bytes", limit), file.string(), "split it or make it smaller");
  return text;
}

std::optional<Finding> find_excess(std::string_view text) {
  return Scanner(text).run();
}

std::shared_ptr<const toml::table> parse_toml(std::string_view text, const std::string& label, Draft& draft) {
  if (auto excess = find_excess(text)) {
    draft.error({label, excess->line, excess->column}, excess->what, excess->mend);
    return nullptr;
  }
  try {
    return std::make_shared<const toml::table>(toml::parse(text, label));
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    draft.error({label, at.line, at.column}, fmt::format("this is not TOML: {}", error.description()),
                "mend the line; https://toml.io/en/v1.0.0 describes the form");
    return nullptr;
  }
}

}  // namespace ringwall::policy
