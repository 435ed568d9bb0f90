#include "sip/message/identity_headers.h"

#include <algorithm>

#include "base/text.h"
#include "sip/message/list_headers.h"
#include "sip/message/values.h"

namespace ringwall::sip {
namespace {

/// "1.2.1": numbers with points between them.
bool is_history_index(std::string_view text) {
  bool digit = false;
  for (char c : text) {
    if (c == '.' && !digit) return false;
    digit = c != '.';
    if (digit && (c < '0' || c > '9')) return false;
  }
  return digit;
}

/// A name-addr with checked parameters.
const char* read_address(std::string_view value, NameAddr& out, Parameters& parameters) {
  if (const char* trouble = read_name_addr(value, out)) return trouble;
  if (out.parameters.empty()) return nullptr;
  const auto begin = static_cast<std::size_t>(out.parameters.data() - value.data());
  return read_parameters(value.substr(value.rfind(';', begin)), parameters);  // the view begins behind its ';'
}

bool read_number(const Parameters& parameters, std::string_view name, std::optional<std::uint32_t>& out) {
  const auto text = parameters.find(name);
  if (text) out = parse_unsigned<std::uint32_t>(*text);
  return !text || out;
}

void note_privacy(std::string_view word, Privacy& out) {
  using grammar::same;
  if (same(word, "header")) out.header = true;
  if (same(word, "session")) out.session = true;
  if (same(word, "user")) out.user = true;
  if (same(word, "none")) out.none = true;
  if (same(word, "critical")) out.critical = true;
  if (same(word, "id")) out.id = true;
  if (same(word, "history")) out.history = true;
}

}  // namespace

bool is_session_uuid(std::string_view text) {
  return text.size() == null_session_uuid.size() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<SessionIdHeader> parse_session_id(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Session-ID");
  const auto remote = read.parameters.find("remote");
  if (!is_session_uuid(read.main) || (remote && !is_session_uuid(*remote)))
    return fail("it is not 32 lower-case hex digits", "Session-ID");
  return SessionIdHeader{read.main, remote.value_or(std::string_view{})};
}

std::string print(const SessionIdHeader& value) {
  constexpr std::string_view parameter = ";remote=";
  std::string out;
  out.reserve(value.local.size() + parameter.size() + value.remote.size());
  out.append(value.local);
  if (!value.remote.empty()) out.append(parameter).append(value.remote);
  return out;
}

std::string next_session_id(const Message& sent, const Message& received) {
  if (!sent.has(HeaderName::session_id)) return {};
  const auto ours = parse_session_id(sent.header(HeaderName::session_id));
  if (!ours) return {};
  const auto theirs = parse_session_id(received.header(HeaderName::session_id));
  const bool known = theirs && theirs->local != null_session_uuid;
  return print(known ? SessionIdHeader{ours->local, theirs->local} : *ours);
}

Result<ReasonValue> parse_reason(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Reason");
  if (read.main.empty() || !grammar::all(read.main, grammar::token)) return fail("it names no protocol", "Reason");
  ReasonValue out{read.main, {}, read.parameters.find("text").value_or(std::string_view{})};
  if (const auto cause = read.parameters.find("cause")) {
    out.cause = parse_unsigned<int>(*cause);
    if (!out.cause) return fail("its cause is not a number", "Reason");
  }
  return out;
}

Result<Diversion> parse_diversion(std::string_view value) {
  Diversion out;
  Parameters parameters;
  if (const char* trouble = read_address(value, out.diverter, parameters)) return fail(trouble, "Diversion");
  out.reason = parameters.find("reason").value_or(std::string_view{});
  out.privacy = parameters.find("privacy").value_or(std::string_view{});
  out.screen = parameters.find("screen").value_or(std::string_view{});
  if (!read_number(parameters, "counter", out.counter) || !read_number(parameters, "limit", out.limit))
    return fail("its counter or limit is not a number", "Diversion");
  return out;
}

Result<HistoryEntry> parse_history_entry(std::string_view value) {
  HistoryEntry out;
  Parameters parameters;
  if (const char* trouble = read_address(value, out.target, parameters)) return fail(trouble, "History-Info");
  using Link = HistoryEntry::Link;
  out.index = parameters.find("index").value_or(std::string_view{});
  if (!out.index.empty() && !is_history_index(out.index))
    return fail("its index is not made of numbers and points", "History-Info");
  for (const auto& [name, link] :
       {std::pair("rc", Link::recursed), std::pair("mp", Link::mapped), std::pair("np", Link::not_changed)}) {
    const auto from = parameters.find(name);
    if (!from) continue;
    if (!is_history_index(*from)) return fail("its rc, mp or np is not an index", "History-Info");
    out.link = link;
    out.link_index = *from;
  }
  return out;
}

Result<Privacy> parse_privacy(std::string_view value) {
  Privacy out;
  // Values are parted by ';' (RFC 3323 section 4.2); some peers write the ',' of other lists.
  for (std::string_view rest = value;;) {
    const auto end = rest.find_first_of(";,");
    const std::string_view word = grammar::trim_spaces(rest.substr(0, end));
    if (word.empty() || !grammar::all(word, grammar::token))
      return fail("it holds something else than tokens", "Privacy");
    note_privacy(word, out);
    if (end == std::string_view::npos) return out;
    rest.remove_prefix(end + 1);
  }
}

Privacy privacy_of(const Message& message) {
  const std::string_view value = message.header(HeaderName::privacy);
  return value.empty() ? Privacy{} : parse_privacy(value).value_or(Privacy{});
}

Result<AssertedIdentity> parse_asserted_identity(const Message& message, HeaderName name) {
  AssertedIdentity out;
  const std::string where(print(name));
  for (const HeaderField& field : message.headers()) {
    if (field.name != name) continue;
    AddressReader reader(field.value);
    while (reader.next()) {
      const NameAddr& address = reader.value();
      const bool is_tel = grammar::same(address.uri.scheme, "tel");
      if (!is_tel && !address.uri.is_sip()) return fail("an identity is neither a SIP nor a tel URI", where);
      std::optional<NameAddr>& slot = is_tel ? out.tel : out.sip;
      if (slot) return fail("there are two identities of one kind", where);
      slot = address;
    }
    if (!reader.ok()) return fail(reader.trouble(), where);
  }
  return out;
}

}  // namespace ringwall::sip
