// <grammar mode="dtmf">: the part of SRGS 1.0 (XML form) that keypads need.
#include <map>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "voice_browser/vxml_xml.h"

namespace ringwall::voice_browser {
namespace {

using Part = DtmfGrammar::Part;

class Srgs {
 public:
  Srgs(const Page& page, pugi::xml_node grammar, DtmfGrammar& out) : page_(page), out_(out) {
    for (const pugi::xml_node& child : grammar.children("rule"))
      rules_.emplace(child.attribute("id").value(), child);
  }

  Result<> read(pugi::xml_node grammar) {
    std::string root = grammar.attribute("root").value();
    if (root.empty() && rules_.size() == 1) root = rules_.begin()->first;
    for (const pugi::xml_node& child : grammar.children()) {
      if (std::string_view(child.name()) != "rule" && (child.type() == pugi::node_element || is_text(child))) {
        return page_.unknown(child);
      }
    }
    TRY(const Part part, rule(grammar, root));
    out_.accept(part);
    return {};
  }

 private:
  Result<Part> rule(pugi::xml_node from, const std::string& id) {
    const auto found = rules_.find(id);
    if (found == rules_.end()) {
      return page_.trouble(from, fmt::format("the grammar has no rule '{}'", id),
                           "write root= with the id of a <rule>");
    }
    // A rule that contains itself would be a language without an end.
    if (!open_.insert(id).second)
      return page_.trouble(from, fmt::format("the rule '{}' contains itself", id), "use repeat=");
    TRY_VOID(page_.attributes(found->second, {"id", "scope"}));
    TRY(const Part part, expansion(found->second));
    open_.erase(id);
    return part;
  }

  /// All that stands in this element, one after another.
  Result<Part> expansion(pugi::xml_node parent) {
    Part whole = out_.empty();
    for (const pugi::xml_node& child : parent.children()) {
      if (!out_.ok()) return too_large(parent);
      const std::string_view name = child.name();
      if (is_text(child)) {
        TRY(const Part part, tokens(parent, child.value()));
        whole = out_.sequence(whole, part);
      } else if (name == "item" || name == "one-of" || name == "ruleref") {
        TRY(const Part part, name == "item" ? item(child) : name == "one-of" ? one_of(child) : reference(child));
        whole = out_.sequence(whole, part);
      } else if (child.type() == pugi::node_element) {
        return page_.unknown(child);
      }
    }
    return whole;
  }

  std::unexpected<Error> too_large(pugi::xml_node node) const {
    return page_.trouble(node, fmt::format("the grammar needs more than {} states", limits::vxml_grammar_states),
                         "use smaller repeat counts");
  }

  Result<Part> tokens(pugi::xml_node node, std::string_view text) {
    Part whole = out_.empty();
    for (const char c : text) {
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
      if (std::string_view("0123456789*#ABCD").find(c) == std::string_view::npos) {
        return page_.trouble(node, fmt::format("'{}' is no key", trim(text)), "keys are 0-9 * # A B C D");
      }
      whole = out_.sequence(whole, out_.token(c));
    }
    return whole;
  }

  Result<Part> one_of(pugi::xml_node node) {
    TRY_VOID(page_.attributes(node, {}));
    std::vector<Part> parts;
    for (const pugi::xml_node& child : node.children()) {
      if (std::string_view(child.name()) == "item") {
        TRY(const Part part, item(child));
        parts.push_back(part);
      } else if (child.type() == pugi::node_element || is_text(child)) {
        return page_.unknown(child);
      }
    }
    if (parts.empty()) return page_.trouble(node, "<one-of> without <item>", "write at least one <item>");
    return out_.alternatives(parts);
  }

  Result<Part> reference(pugi::xml_node node) {
    TRY_VOID(page_.attributes(node, {"uri"}));
    TRY_VOID(page_.no_children(node));
    const std::string uri = node.attribute("uri").value();
    if (uri.starts_with('#')) return rule(node, uri.substr(1));
    if (uri == "builtin:dtmf/digits" || uri == "builtin:digits") {
      const Part digit = out_.any_digit();
      return repeated(digit, 0, std::nullopt, [this] { return Result<Part>(out_.any_digit()); });
    }
    return page_.trouble(node, fmt::format("the rule '{}' is on no page", uri),
                         "refer to a rule of this grammar: uri=\"#digits\"");
  }

  struct Range {
    unsigned low = 1;
    std::optional<unsigned> high = 1;  ///< nothing: without end
  };

  Result<Range> repeat(pugi::xml_node node) {
    const pugi::xml_attribute found = node.attribute("repeat");
    if (!found) return Range{};
    std::string_view high = found.value();
    const bool range = high.find('-') != high.npos;
    const auto low = parse_unsigned<unsigned>(take_until(high, '-'));
    const auto top = range ? parse_unsigned<unsigned>(high) : low;
    const bool open = range && high.empty();
    if (!low || (!top && !open) || *low > limits::vxml_digits || (top && (*top > limits::vxml_digits || *top < *low))) {
      return page_.trouble(node, fmt::format("repeat=\"{}\" is not understood", found.value()),
                           fmt::format("write 3, 0-1, 2-4 or 1-, up to {}", limits::vxml_digits));
    }
    return Range{*low, open ? std::nullopt : top};
  }

  Result<Part> item(pugi::xml_node node) {
    TRY_VOID(page_.attributes(node, {"repeat", "weight", "repeat-prob"}));
    TRY(const Range range, repeat(node));
    if (range.high == 0U) return out_.empty();
    TRY(const Part first, expansion(node));
    return repeated(first, range.low, range.high, [this, node] { return expansion(node); });
  }

  /// `first` once, then further copies; a repetition without end goes on to the limit of a field.
  template <class Copy>
  Result<Part> repeated(Part first, unsigned low, std::optional<unsigned> high, Copy copy) {
    std::vector<Part> ways;
    if (low == 0) ways.push_back(out_.empty());
    Part so_far = first;
    for (unsigned count = 1;; ++count) {
      if (count >= low) ways.push_back(out_.sequence(so_far, out_.empty()));
      if (count == high.value_or(limits::vxml_digits)) break;
      if (!out_.ok()) break;
      TRY(const Part next, copy());
      so_far = out_.sequence(so_far, next);
    }
    return out_.alternatives(ways);
  }

  const Page& page_;
  DtmfGrammar& out_;
  std::map<std::string, pugi::xml_node> rules_;
  std::set<std::string> open_;
};

}  // namespace

Result<> read_grammar(const Page& page, pugi::xml_node node, DtmfGrammar& grammar) {
  TRY_VOID(page.attributes(node, {"mode", "root", "version", "type", "src", "scope", "tag-format", "weight"}));
  const std::string_view source = node.attribute("src").value();
  if (source.starts_with("builtin:dtmf/")) {
    auto added = add_builtin(grammar, source.substr(13));
    return added ? Result<>() : page.at(node, std::move(added).error());
  }
  if (!source.empty()) {
    return page.trouble(node, fmt::format("the grammar '{}' would have to be fetched", source),
                        "write it inline, or use src=\"builtin:dtmf/digits?length=4\"");
  }
  if (std::string_view(node.attribute("mode").value()) != "dtmf") {
    return page.trouble(node, "only keys are recognised, no speech", "write <grammar mode=\"dtmf\">");
  }
  TRY_VOID(Srgs(page, node, grammar).read(node));
  if (!grammar.ok()) return page.trouble(node, "the grammar is too large", "use smaller repeat counts");
  return {};
}

}  // namespace ringwall::voice_browser
