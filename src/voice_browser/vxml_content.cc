// Executable content: what blocks, <filled> and event handlers do, in their order.
#include <set>

#include "base/text.h"
#include "voice_browser/vxml_xml.h"

namespace ringwall::voice_browser {
namespace {

/// Prompt files are named, never fetched.
Result<std::string> audio_source(const Page& page, pugi::xml_node node) {
  const std::string source = node.attribute("src").value();
  if (source.find(':') != source.npos || source.starts_with('/') || source.find("..") != source.npos) {
    return page.trouble(node, fmt::format("the audio file '{}' is not below the site's prompts folder", source),
                        "put the WAV file into the prompts folder and write its name alone");
  }
  return source;
}

Result<Audio> read_break(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"time", "strength"}));
  TRY_VOID(page.no_children(node));
  TRY(const std::optional<milliseconds> time, page.duration(node, "time"));
  return Audio{
      .source = {}, .expression = {}, .fallback = {}, .silence = time.value_or(milliseconds(500)), .is_break = true};
}

Result<Audio> read_audio(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"src", "expr", "fetchtimeout", "fetchhint", "maxage", "maxstale"}));
  Audio audio;
  TRY(audio.source, audio_source(page, node));
  TRY(audio.expression, page.expression(node, "expr"));
  if (audio.source.empty() == !audio.expression) {
    return page.trouble(node, "<audio> needs either 'src' or 'expr'", "write <audio src=\"NAME.wav\"/>");
  }
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = child.name();
    // Text in here is what a speech engine would say if the file were missing: it documents the file.
    if (child.type() != pugi::node_element) continue;
    if (name != "audio") return page.unknown(child);
    TRY(Audio fallback, read_audio(page, child));
    audio.fallback.push_back(std::move(fallback));
  }
  return audio;
}

Result<std::vector<Branch>> read_branches(Page& page, pugi::xml_node node) {
  TRY_VOID(page.required(node, "cond"));
  TRY_VOID(page.attributes(node, {"cond"}));
  TRY(std::optional<Expression> condition, page.expression(node, "cond"));
  std::vector<Branch> branches{{std::move(condition), {}}};
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = child.name();
    if (name == "elseif" || name == "else") {
      if (!branches.back().condition)
        return page.trouble(child, fmt::format("<{}> after <else>", name), "make <else> the last");
      TRY_VOID(page.no_children(child));
      if (name == "elseif") TRY_VOID(page.required(child, "cond"));
      TRY(std::optional<Expression> next, page.expression(child, "cond"));
      if (name == "else") next.reset();
      branches.push_back({std::move(next), {}});
    } else {
      TRY(std::optional<Executable> executable, read_executable(page, child));
      if (executable) {
        branches.back().content.push_back(std::move(*executable));
      } else if (child.type() == pugi::node_element || is_text(child)) {
        return page.unknown(child);
      }
    }
  }
  return branches;
}

Result<Goto> read_goto(Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"next", "expr", "nextitem", "fetchtimeout", "fetchhint", "maxage", "maxstale"}));
  TRY_VOID(page.no_children(node));
  Goto result;
  result.item = node.attribute("nextitem").value();
  TRY(result.expression, page.expression(node, "expr"));
  std::string_view form = node.attribute("next").value();
  if (!form.empty() + !result.item.empty() + result.expression.has_value() != 1) {
    return page.trouble(node, "<goto> needs exactly one of 'next', 'nextitem' and 'expr'",
                        "write <goto next=\"#form\"/> or <goto next=\"page.vxml\"/>");
  }
  result.document = take_until(form, '#');
  result.form = form;
  if (result.document.empty() && result.item.empty() && !result.expression) page.expect_form(node, result.form);
  return result;
}

Result<Log> read_log(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"label", "expr"}));
  Log log;
  log.label = node.attribute("label").value();
  TRY(std::optional<Expression> whole, page.expression(node, "expr"));
  if (whole) log.parts.emplace_back(std::move(*whole));
  for (const pugi::xml_node& child : node.children()) {
    if (is_text(child)) {
      log.parts.emplace_back(std::string(trim(child.value())) + ' ');
    } else if (std::string_view(child.name()) == "value") {
      TRY_VOID(page.attributes(child, {"expr"}));
      TRY_VOID(page.required(child, "expr"));
      TRY(std::optional<Expression> value, page.expression(child, "expr"));
      log.parts.emplace_back(std::move(*value));
    } else if (child.type() == pugi::node_element) {
      return page.unknown(child);
    }
  }
  return log;
}

Result<Var> read_var(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"name", "expr"}));
  Var var;
  TRY(var.name, page.variable_name(node, "name", true));
  TRY(var.value, page.expression(node, "expr"));
  return var;
}

Result<Assign> read_assign(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"name", "expr"}));
  TRY(std::string name, page.variable_name(node, "name", true));
  TRY_VOID(page.required(node, "expr"));
  TRY(std::optional<Expression> value, page.expression(node, "expr"));
  return Assign{std::move(name), std::move(*value)};
}

Result<Exit> read_exit(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"expr", "namelist"}));
  Exit result;
  TRY(result.value, page.expression(node, "expr"));
  TRY(result.names, page.names(node, "namelist"));
  return result;
}

Result<Prompt> bare_audio(const Page& page, pugi::xml_node node) {
  TRY(Audio audio, read_audio(page, node));
  Prompt prompt;
  prompt.audio.push_back(std::move(audio));
  return prompt;
}

template <class Action>
Result<std::optional<Executable>> one(const Page& page, pugi::xml_node node, Result<Action> action) {
  if (!action) return std::unexpected(std::move(action).error());
  return Executable{page.line(node), std::move(*action)};
}

/// Elements without content: checks that too.
Result<std::optional<Executable>> read_simple(Page& page, pugi::xml_node node) {
  const std::string_view name = node.name();
  TRY_VOID(page.no_children(node));
  if (name == "var") return one(page, node, read_var(page, node));
  if (name == "assign") return one(page, node, read_assign(page, node));
  if (name == "exit") return one(page, node, read_exit(page, node));
  if (name == "goto") return one(page, node, read_goto(page, node));
  if (name == "reprompt") {
    TRY_VOID(page.attributes(node, {}));
    return one(page, node, Result<Reprompt>(Reprompt{}));
  }
  if (name == "throw") {
    TRY_VOID(page.attributes(node, {"event", "message"}));
    TRY(std::string event, page.required(node, "event"));
    return one(page, node, Result<Throw>(Throw{std::move(event)}));
  }
  TRY_VOID(page.attributes(node, {"namelist"}));
  TRY(std::vector<std::string> names, page.names(node, "namelist"));
  if (name == "clear") return one(page, node, Result<Clear>(Clear{std::move(names)}));
  return one(page, node, Result<Disconnect>(Disconnect{std::move(names)}));
}

}  // namespace

Result<Prompt> read_prompt(const Page& page, pugi::xml_node node) {
  TRY_VOID(page.attributes(node, {"bargein", "bargeintype", "timeout", "cond", "count"}));
  Prompt prompt;
  TRY(prompt.bargein, page.boolean(node, "bargein"));
  TRY(prompt.timeout, page.duration(node, "timeout"));
  TRY(prompt.condition, page.expression(node, "cond"));
  TRY(prompt.count, page.count(node));
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = child.name();
    if (name == "audio" || name == "break") {
      TRY(Audio audio, name == "audio" ? read_audio(page, child) : read_break(page, child));
      prompt.audio.push_back(std::move(audio));
    } else if (child.type() == pugi::node_element || is_text(child)) {
      return page.unknown(child);
    }
  }
  return prompt;
}

Result<std::optional<Executable>> read_executable(Page& page, pugi::xml_node node) {
  static const std::set<std::string_view> simple = {"var",   "assign", "exit",     "goto",
                                                    "clear", "throw",  "reprompt", "disconnect"};
  const std::string_view name = node.name();
  if (simple.contains(name)) return read_simple(page, node);
  if (name == "prompt") return one(page, node, read_prompt(page, node));
  if (name == "audio") return one(page, node, bare_audio(page, node));
  if (name == "log") return one(page, node, read_log(page, node));
  if (name != "if") return std::nullopt;
  TRY(std::vector<Branch> branches, read_branches(page, node));
  return Executable{page.line(node), If{std::move(branches)}};
}

Result<std::vector<Executable>> read_content(Page& page, pugi::xml_node parent) {
  std::vector<Executable> content;
  for (const pugi::xml_node& child : parent.children()) {
    TRY(std::optional<Executable> executable, read_executable(page, child));
    if (executable) {
      content.push_back(std::move(*executable));
    } else if (child.type() == pugi::node_element || is_text(child)) {
      return page.unknown(child);
    }
  }
  return content;
}

}  // namespace ringwall::voice_browser
