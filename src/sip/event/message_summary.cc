#include "sip/event/message_summary.h"

#include <charconv>

#include "base/text.h"
#include "sip/message/grammar.h"

namespace ringwall::sip::event {
namespace {

constexpr std::size_t most_kinds = 16;

// "2" and the delimiter behind it, with the space that RFC 3842 allows around it.
bool take_number(std::string_view& text, char delimiter, std::uint32_t& out) {
  text = trim(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  text = trim(text);
  if (delimiter == '\0') return true;
  if (text.empty() || text.front() != delimiter) return false;
  text.remove_prefix(1);
  return true;
}

// "Voice-Message".
bool is_kind(std::string_view name) {
  constexpr std::string_view end = "-Message";
  return name.size() > end.size() && equals_ignoring_case(name.substr(name.size() - end.size()), end) &&
         grammar::all(name, grammar::token);
}

// "2/8" or "2/8 (0/2)".
Result<MessageCount> parse_count(std::string_view kind, std::string_view text) {
  MessageCount out{.kind = std::string(kind)};
  const auto wrong = [&] { return fail("a message count is not \"new/old (new/old)\"", std::string(kind)); };
  if (!take_number(text, '/', out.unheard) || !take_number(text, '\0', out.heard)) return wrong();
  if (text.empty()) return out;
  if (text.front() != '(') return wrong();
  text.remove_prefix(1);
  if (!take_number(text, '/', out.urgent_unheard) || !take_number(text, ')', out.urgent_heard)) return wrong();
  if (!trim(text).empty()) return wrong();
  return out;
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  return text;
}

}  // namespace

std::string print(const MessageSummary& summary) {
  std::string out = fmt::format("Messages-Waiting: {}\r\n", summary.waiting ? "yes" : "no");
  if (!summary.account.empty()) out += fmt::format("Message-Account: {}\r\n", one_line(summary.account));
  for (const MessageCount& count : summary.counts)
    out += fmt::format("{}: {}/{} ({}/{})\r\n", one_line(count.kind), count.unheard, count.heard, count.urgent_unheard,
                       count.urgent_heard);
  return out;
}

Result<MessageSummary> parse_message_summary(std::string_view body) {
  MessageSummary out;
  bool stated = false;
  while (!body.empty()) {
    std::string_view line = take_until(body, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;  // the headers of single messages follow
    const std::string_view name = trim(take_until(line, ':'));
    const std::string_view value = trim(line);
    if (equals_ignoring_case(name, "Messages-Waiting")) {
      out.waiting = equals_ignoring_case(value, "yes");
      if (stated || (!out.waiting && !equals_ignoring_case(value, "no")))
        return fail("it does not say yes or no, once", "Messages-Waiting");
      stated = true;
    } else if (equals_ignoring_case(name, "Message-Account")) {
      out.account = value;
    } else if (is_kind(name)) {
      if (out.counts.size() >= most_kinds) return fail("more kinds of messages than are read");
      TRY(auto count, parse_count(name, value));
      out.counts.push_back(std::move(count));
    }
  }
  if (!stated) return fail("there is no Messages-Waiting line");
  return out;
}

}  // namespace ringwall::sip::event
