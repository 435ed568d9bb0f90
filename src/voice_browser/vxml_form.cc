// <form> and what stands in it: items, event handlers, properties.
#include <algorithm>

#include "base/text.h"
#include "voice_browser/vxml_xml.h"

namespace ringwall::voice_browser {
namespace {

bool is_key(char c) {
  return std::string_view("0123456789*#ABCD").find(c) != std::string_view::npos;
}

Result<FormFilled> read_form_filled(Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"mode", "namelist"}));
  FormFilled filled;
  const std::string_view mode = node.attribute("mode").as_string("all");
  if (mode != "all" && mode != "any")
    return page.trouble(node, fmt::format("the mode '{}' is unknown", mode), "write all or any");
  filled.all = mode == "all";
  TRY(filled.names, page.names(node, "namelist"));
  TRY(filled.content, read_content(page, node));
  return filled;
}

/// <option dtmf="1" value="sales">: one way through the field's grammar.
Result<> read_option(const Page& page, pugi::xml_node node, DtmfGrammar& grammar) {
  TRY_VOID(page.attributes(node, {"dtmf", "value", "accept"}));
  TRY(const std::string keys, page.required(node, "dtmf"));
  DtmfGrammar::Part part = grammar.empty();
  for (const char c : keys) {
    if (c == ' ') continue;
    if (!is_key(c)) return page.trouble(node, fmt::format("'{}' is no key", c), "keys are 0-9 * # A B C D");
    part = grammar.sequence(part, grammar.token(c));
  }
  const pugi::xml_attribute value = node.attribute("value");
  grammar.accept(part, value ? std::optional<std::string>(value.value()) : std::nullopt);
  return {};
}

class FieldReader {
 public:
  FieldReader(Page& page, pugi::xml_node node) : page_(page), node_(node) {}

  Result<Field> read() {
    TRY_VOID(type());
    for (const pugi::xml_node& child : node_.children()) {
      if (child.type() == pugi::node_element) {
        TRY_VOID(element(child));
      } else if (is_text(child)) {
        return page_.unknown(child);
      }
    }
    if (!has_grammar_) {
      return page_.trouble(node_, "the field accepts no key", "add type=\"digits?length=1\", a <grammar> or <option>s");
    }
    if (!field_.grammar.ok())
      return page_.trouble(node_, "the field's grammars are too large together", "make them smaller");
    return std::move(field_);
  }

 private:
  Result<> type() {
    const std::string_view type = node_.attribute("type").value();
    if (type.empty()) return {};
    has_grammar_ = true;
    field_.boolean = type.starts_with("boolean");
    auto added = add_builtin(field_.grammar, type);
    return added ? Result<>() : page_.at(node_, std::move(added).error());
  }

  Result<> element(pugi::xml_node child) {
    const std::string_view name = child.name();
    if (name == "prompt") {
      TRY(Prompt prompt, read_prompt(page_, child));
      field_.prompts.push_back(std::move(prompt));
    } else if (name == "audio") {
      return bare_audio(child);
    } else if (name == "grammar" || name == "option") {
      has_grammar_ = true;
      return name == "grammar" ? read_grammar(page_, child, field_.grammar) : read_option(page_, child, field_.grammar);
    } else if (name == "filled") {
      TRY_VOID(page_.attributes(child, {}));
      TRY(std::vector<Executable> content, read_content(page_, child));
      std::ranges::move(content, std::back_inserter(field_.filled));
    } else if (name == "property") {
      TRY(field_.properties, read_property(page_, child, field_.properties));
    } else if (is_catch(name)) {
      TRY(Catch handler, read_catch(page_, child));
      field_.catches.push_back(std::move(handler));
    } else {
      return page_.unknown(child);
    }
    return {};
  }

  Result<> bare_audio(pugi::xml_node child) {
    TRY(std::optional<Executable> executable, read_executable(page_, child));
    field_.prompts.push_back(std::move(std::get<Prompt>(executable->action)));
    return {};
  }

  Page& page_;
  pugi::xml_node node_;
  Field field_;
  bool has_grammar_ = false;
};

Result<FormItem> read_item(Page& page, pugi::xml_node node, std::size_t number) {
  const bool block = std::string_view(node.name()) == "block";
  if (block) {
    TRY_VOID(page.attributes(node, {"name", "expr", "cond"}));
  } else {
    TRY_VOID(page.attributes(node, {"name", "expr", "cond", "type"}));
  }
  FormItem item{.line = page.line(node), .name = {}, .initial = {}, .condition = {}, .kind = Block{}};
  TRY(item.name, page.variable_name(node, "name", false));
  // A made-up name has a colon, which no page can write.
  if (item.name.empty()) item.name = fmt::format("{}:{}", node.name(), number);
  TRY(item.initial, page.expression(node, "expr"));
  TRY(item.condition, page.expression(node, "cond"));
  if (block) {
    TRY(std::vector<Executable> content, read_content(page, node));
    item.kind = Block{std::move(content)};
  } else {
    TRY(Field field, FieldReader(page, node).read());
    item.kind = std::move(field);
  }
  return item;
}

Result<> read_form_child(Page& page, pugi::xml_node child, Form& form) {
  const std::string_view name = child.name();
  if (name == "block" || name == "field") {
    TRY(FormItem item, read_item(page, child, form.items.size() + 1));
    for (const FormItem& other : form.items) {
      if (other.name == item.name)
        return page.trouble(child, fmt::format("two items are called '{}'", item.name), "rename one");
    }
    form.items.push_back(std::move(item));
  } else if (name == "var") {
    TRY(std::optional<Executable> var, read_executable(page, child));
    form.variables.push_back(std::move(*var));
  } else if (name == "property") {
    TRY(form.properties, read_property(page, child, form.properties));
  } else if (name == "filled") {
    TRY(FormFilled filled, read_form_filled(page, child));
    form.filled.push_back(std::move(filled));
  } else if (is_catch(name)) {
    TRY(Catch handler, read_catch(page, child));
    form.catches.push_back(std::move(handler));
  } else {
    return page.unknown(child);
  }
  return {};
}

bool has_no_effect_here(std::string_view property) {
  static constexpr std::string_view names[] = {
      "confidencelevel",  "sensitivity",   "speedvsaccuracy",   "completetimeout",   "incompletetimeout",
      "maxspeechtimeout", "bargeintype",   "inputmodes",        "universals",        "maxnbest",
      "fetchtimeout",     "fetchaudio",    "fetchaudiodelay",   "fetchaudiominimum", "audiofetchhint",
      "audiomaxage",      "audiomaxstale", "documentfetchhint", "documentmaxage",    "documentmaxstale",
      "grammarfetchhint", "grammarmaxage", "grammarmaxstale"};
  // A dot marks another maker's property (VoiceXML 2.0 section 6.3): such must be ignored.
  return property.find('.') != property.npos || std::ranges::find(names, property) != std::end(names);
}

Result<std::string> term_char(const Page& page, pugi::xml_node node, const std::string& value) {
  if (value.empty() || (value.size() == 1 && is_key(value[0]))) return value;
  return page.trouble(node, fmt::format("termchar '{}' is no key", value), "write one of 0-9 * # A B C D, or nothing");
}

}  // namespace

Result<Properties> read_property(const Page& page, pugi::xml_node node, Properties properties) {
  TRY_VOID(page.attributes(node, {"name", "value"}));
  TRY_VOID(page.no_children(node));
  TRY(const std::string name, page.required(node, "name"));
  if (name == "timeout") {
    TRY(properties.timeout, page.duration(node, "value"));
  } else if (name == "interdigittimeout") {
    TRY(properties.interdigit_timeout, page.duration(node, "value"));
  } else if (name == "termtimeout") {
    TRY(properties.term_timeout, page.duration(node, "value"));
  } else if (name == "termchar") {
    TRY(properties.term_char, term_char(page, node, node.attribute("value").value()));
  } else if (name == "bargein") {
    TRY(properties.bargein, page.boolean(node, "value"));
  } else if (!has_no_effect_here(name)) {
    return page.trouble(node, fmt::format("the property '{}' is unknown", name),
                        "known are timeout, interdigittimeout, termtimeout, termchar and bargein");
  }
  return properties;
}

bool is_catch(std::string_view element) {
  return element == "catch" || element == "noinput" || element == "nomatch" || element == "error" || element == "help";
}

Result<Catch> read_catch(Page& page, pugi::xml_node node) {
  const std::string_view name = node.name();
  Catch handler;
  if (name == "catch") {
    TRY_VOID(page.attributes(node, {"event", "cond", "count"}));
    TRY(handler.events, page.names(node, "event"));
  } else {
    TRY_VOID(page.attributes(node, {"cond", "count"}));
    handler.events.emplace_back(name);
  }
  TRY(handler.condition, page.expression(node, "cond"));
  TRY(handler.count, page.count(node));
  TRY(handler.content, read_content(page, node));
  return handler;
}

Result<Form> read_form(Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"id", "scope"}));
  Form form;
  form.line = page.line(node);
  form.id = node.attribute("id").value();
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) {
      TRY_VOID(read_form_child(page, child, form));
    } else if (is_text(child)) {
      return page.unknown(child);
    }
  }
  return form;
}

}  // namespace ringwall::voice_browser
