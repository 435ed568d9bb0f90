#pragma once

#include <fmt/format.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "voice_browser/vxml_document.h"

/// What the readers of VoiceXML elements share: places, allowed attributes, typed attribute values.
namespace ringwall::voice_browser {

class Page {
 public:
  Page(std::string_view text, std::string name);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int line_at(std::ptrdiff_t offset) const;
  [[nodiscard]] int line(pugi::xml_node node) const { return line_at(node.offset_debug()); }
  [[nodiscard]] std::unexpected<Error> trouble(pugi::xml_node node, std::string what, std::string mend) const;
  /// "<x> is not supported inside <y>".
  [[nodiscard]] std::unexpected<Error> unknown(pugi::xml_node node) const;
  [[nodiscard]] std::unexpected<Error> at(pugi::xml_node node, Error error) const;

  /// Fails if there is another attribute than these (xmlns and xml: ones are always allowed).
  [[nodiscard]] Result<> attributes(pugi::xml_node node, std::initializer_list<std::string_view> allowed) const;
  [[nodiscard]] Result<> no_children(pugi::xml_node node) const;
  [[nodiscard]] Result<std::string> required(pugi::xml_node node, const char* attribute) const;
  /// Also checks that it is a name.
  [[nodiscard]] Result<std::string> variable_name(pugi::xml_node node, const char* attribute, bool needed) const;
  [[nodiscard]] Result<std::vector<std::string>> names(pugi::xml_node node, const char* attribute) const;
  [[nodiscard]] Result<std::optional<Expression>> expression(pugi::xml_node node, const char* attribute) const;
  [[nodiscard]] Result<std::optional<milliseconds>> duration(pugi::xml_node node, const char* attribute) const;
  [[nodiscard]] Result<std::optional<bool>> boolean(pugi::xml_node node, const char* attribute) const;
  [[nodiscard]] Result<unsigned> count(pugi::xml_node node) const;  ///< attribute "count", 1 if absent

  // What is only known to be wrong at the end.
  void expect_form(pugi::xml_node from, const std::string& form) { targets_.emplace_back(from, form); }
  [[nodiscard]] Result<> check_targets(const Document& document) const;

 private:
  std::string name_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::pair<pugi::xml_node, std::string>> targets_;
};

/// "5s", "500ms", "1.5s"; at most an hour.
std::optional<milliseconds> parse_duration(std::string_view text);
/// Is there anything but white space?
bool is_text(pugi::xml_node node);

// One reader for each kind of element; each fails with the line.
Result<Properties> read_property(const Page& page, pugi::xml_node node, Properties before);
Result<std::vector<Executable>> read_content(Page& page, pugi::xml_node parent);
Result<std::optional<Executable>> read_executable(Page& page,
                                                  pugi::xml_node node);  ///< nothing: it is no executable element
Result<Prompt> read_prompt(const Page& page, pugi::xml_node node);
Result<Catch> read_catch(Page& page, pugi::xml_node node);
bool is_catch(std::string_view element);
Result<> read_grammar(const Page& page, pugi::xml_node node, DtmfGrammar& grammar);
Result<Form> read_form(Page& page, pugi::xml_node node);

}  // namespace ringwall::voice_browser
