#include "voice_browser/vxml_xml.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace ringwall::voice_browser {
namespace {

bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           c == '.';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && text[0] != '.' && std::ranges::all_of(text, allowed);
}

}  // namespace

Page::Page(std::string_view text, std::string name) : name_(std::move(name)), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

int Page::line_at(std::ptrdiff_t offset) const {
  if (offset < 0) return 1;
  return static_cast<int>(std::ranges::upper_bound(line_starts_, static_cast<std::size_t>(offset)) -
                          line_starts_.begin());
}

std::unexpected<Error> Page::trouble(pugi::xml_node node, std::string what, std::string mend) const {
  return fail(std::move(what), fmt::format("{}:{}", name_, line(node)), std::move(mend));
}

std::unexpected<Error> Page::unknown(pugi::xml_node node) const {
  const std::string_view parent = node.parent().name();
  if (node.type() != pugi::node_element) {
    return trouble(
        node.parent(), fmt::format("<{}> holds text that would have to be spoken", parent),
        "speech is not made while calls run: list the text in prompts.toml and write <audio src=\"NAME.wav\"/>");
  }
  if (std::string_view(node.name()) == "script") {
    return trouble(node, "<script> is not supported: nothing could stop a script that never ends",
                   "use <var>, <assign> and <if> with expressions");
  }
  return trouble(node, fmt::format("<{}> is not supported inside <{}>", node.name(), parent),
                 "remove it, or move it to where VoiceXML 2.1 has it; see docs for the supported elements");
}

std::unexpected<Error> Page::at(pugi::xml_node node, Error error) const {
  error.where = fmt::format("{}:{}", name_, line(node));
  return std::unexpected(std::move(error));
}

Result<> Page::attributes(pugi::xml_node node, std::initializer_list<std::string_view> allowed) const {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view name = attribute.name();
    if (name == "xmlns" || name.starts_with("xmlns:") || name.starts_with("xml:") || name.starts_with("xsi:")) continue;
    if (std::ranges::find(allowed, name) != allowed.end()) continue;
    return trouble(node, fmt::format("<{}> has the attribute '{}', which is not supported", node.name(), name),
                   allowed.size() == 0 ? "it takes none" : fmt::format("it takes: {}", fmt::join(allowed, ", ")));
  }
  return {};
}

Result<> Page::no_children(pugi::xml_node node) const {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element || is_text(child)) return unknown(child);
  }
  return {};
}

Result<std::string> Page::required(pugi::xml_node node, const char* attribute) const {
  const std::string value = node.attribute(attribute).value();
  if (!value.empty()) return value;
  return trouble(node, fmt::format("<{}> needs the attribute '{}'", node.name(), attribute),
                 fmt::format("write <{} {}=\"...\">", node.name(), attribute));
}

Result<std::string> Page::variable_name(pugi::xml_node node, const char* attribute, bool needed) const {
  std::string value = node.attribute(attribute).value();
  if (value.empty() && !needed) return value;
  if (is_name(value)) return value;
  return trouble(node, fmt::format("<{}> has no usable name in '{}'", node.name(), attribute),
                 "a name begins with a letter, '_' or '$' and goes on with letters and digits");
}

Result<std::vector<std::string>> Page::names(pugi::xml_node node, const char* attribute) const {
  std::vector<std::string> result;
  std::string_view rest = node.attribute(attribute).value();
  while (!(rest = trim(rest)).empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    const std::string_view name = rest.substr(0, end);
    if (!is_name(name)) {
      return trouble(node, fmt::format("'{}' in '{}' is no name", name, attribute),
                     "list names with spaces between them");
    }
    result.emplace_back(name);
    rest.remove_prefix(end);
  }
  return result;
}

Result<std::optional<Expression>> Page::expression(pugi::xml_node node, const char* attribute) const {
  const pugi::xml_attribute found = node.attribute(attribute);
  if (!found) return std::nullopt;
  auto parsed = Expression::parse(found.value());
  if (!parsed) return at(node, std::move(parsed).error());
  return std::move(*parsed);
}

Result<std::optional<milliseconds>> Page::duration(pugi::xml_node node, const char* attribute) const {
  const pugi::xml_attribute found = node.attribute(attribute);
  if (!found) return std::nullopt;
  if (const auto value = parse_duration(found.value())) return value;
  return trouble(node, fmt::format("'{}' in '{}' is no time", found.value(), attribute),
                 "write seconds or milliseconds, at most an hour: 5s, 500ms");
}

Result<std::optional<bool>> Page::boolean(pugi::xml_node node, const char* attribute) const {
  const std::string_view value = node.attribute(attribute).value();
  if (value == "true") return true;
  if (value == "false") return false;
  if (!node.attribute(attribute)) return std::nullopt;
  return trouble(node, fmt::format("'{}' in '{}' is neither true nor false", value, attribute), "write true or false");
}

Result<unsigned> Page::count(pugi::xml_node node) const {
  const pugi::xml_attribute found = node.attribute("count");
  if (!found) return 1U;
  const auto value = parse_unsigned<unsigned>(found.value());
  if (value && *value >= 1) return *value;
  return trouble(node, fmt::format("the count '{}' is no number from 1 on", found.value()), "write count=\"2\"");
}

Result<> Page::check_targets(const Document& document) const {
  for (const auto& [node, form] : targets_) {
    if (document.form(form) == nullptr) {
      return trouble(node, fmt::format("there is no form '{}' on this page", form), "name a <form id> of the page");
    }
  }
  return {};
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  text = trim(text);
  double scale = 1000;
  if (text.ends_with("ms")) {
    scale = 1;
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
  } else {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  // The comparison is written so that NaN fails it.
  if (!(value >= 0 && value * scale <= 3'600'000)) return std::nullopt;
  return milliseconds(std::llround(value * scale));
}

bool is_text(pugi::xml_node node) {
  return (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) && !trim(node.value()).empty();
}

}  // namespace ringwall::voice_browser
