#include "sip/message/salvage.h"

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/message.h"

namespace ringwall::sip {
namespace {

/// The next line with its continuation lines, CRLFs replaced by spaces; false at the empty line or the end.
bool take_logical_line(std::string_view& rest, std::string& line) {
  line.clear();
  do {
    const auto end = rest.find('\n');
    std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    if (!line.empty()) line += ' ';
    line += piece;
  } while (!line.empty() && !rest.empty() && grammar::is_space(rest.front()));
  return !line.empty();
}

void keep(Salvage& out, std::string_view line) {
  const std::size_t length = grammar::prefix(line, grammar::token);
  std::string_view rest = line.substr(length);
  grammar::skip_spaces(rest);
  if (!rest.starts_with(':')) return;
  const std::string value(grammar::trim_spaces(rest.substr(1)));
  auto keep_first = [&value](std::string& slot) {
    if (slot.empty()) slot = value;
  };
  switch (parse_header_name(line.substr(0, length))) {
    case HeaderName::via:
      out.vias.push_back(value);
      break;
    case HeaderName::from:
      keep_first(out.from);
      break;
    case HeaderName::to:
      keep_first(out.to);
      break;
    case HeaderName::call_id:
      keep_first(out.call_id);
      break;
    case HeaderName::cseq:
      keep_first(out.cseq);
      break;
    default:
      break;
  }
}

}  // namespace

std::optional<Salvage> salvage(std::string_view bytes) {
  std::string_view rest = bytes.substr(0, limits::sip_message_bytes);
  while (rest.starts_with("\r\n"))
    rest.remove_prefix(2);
  Salvage out;
  std::string line;
  if (!take_logical_line(rest, line)) return std::nullopt;
  out.method = line.substr(0, line.find(' '));
  if (out.method.starts_with("SIP/") || out.method == "ACK") return std::nullopt;
  while (take_logical_line(rest, line))
    keep(out, line);
  if (out.vias.empty() || out.vias.front().empty() || out.cseq.empty()) return std::nullopt;
  return out;
}

bool can_be_answered(std::string_view bytes) {
  return salvage(bytes).has_value();
}

}  // namespace ringwall::sip
