#include "sip/message/dialog_headers.h"

#include <algorithm>

#include "base/text.h"
#include "sip/message/values.h"

namespace ringwall::sip {
namespace {

/// callid: one word, or two with '@' between; what matters is that it stays one word.
bool is_call_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f' && c != ',';
  });
}

bool is_tag(const std::optional<std::string_view>& text) {
  return text && !text->empty() && grammar::all(*text, grammar::token);
}

/// "callid;to-tag=x;from-tag=y" with the names that the header gives them.
const char* read_dialog(std::string_view value, std::string_view first, std::string_view second, Replaces& out) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return trouble;
  if (!is_call_id(read.main)) return "it does not begin with a Call-ID";
  const auto first_tag = read.parameters.find(first);
  const auto second_tag = read.parameters.find(second);
  if (!is_tag(first_tag) || !is_tag(second_tag)) return "it does not name both tags";
  out = {read.main, *first_tag, *second_tag, read.parameters.has("early-only")};
  return nullptr;
}

}  // namespace

Result<std::uint32_t> parse_rseq(std::string_view value) {
  const auto number = parse_unsigned<std::uint32_t>(grammar::trim_spaces(value));
  if (!number || *number == 0) return fail("it is not a number from 1 to 4294967295", "RSeq");
  return *number;
}

Result<RAck> parse_rack(std::string_view value) {
  std::string_view rest = grammar::trim_spaces(value);
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const auto rseq = parse_unsigned<std::uint32_t>(rest.substr(0, digits));
  rest.remove_prefix(digits);
  if (!rseq || *rseq == 0 || rest.empty() || !grammar::is_space(rest.front()))
    return fail("it does not begin with the number of a response", "RAck");
  RAck out{*rseq, {}};
  if (const char* trouble = read_cseq(grammar::trim_spaces(rest), out.cseq)) return fail(trouble, "RAck");
  return out;
}

Result<Replaces> parse_replaces(std::string_view value) {
  Replaces out;
  if (const char* trouble = read_dialog(value, "to-tag", "from-tag", out)) return fail(trouble, "Replaces");
  return out;
}

Result<Replaces> parse_join(std::string_view value) {
  Replaces out;
  if (const char* trouble = read_dialog(value, "to-tag", "from-tag", out)) return fail(trouble, "Join");
  out.early_only = false;
  return out;
}

std::string print(const Replaces& value) {
  std::string out(value.call_id);
  out.append(";to-tag=").append(value.to_tag).append(";from-tag=").append(value.from_tag);
  if (value.early_only) out += ";early-only";
  return out;
}

Result<TargetDialog> parse_target_dialog(std::string_view value) {
  Replaces read;
  if (const char* trouble = read_dialog(value, "local-tag", "remote-tag", read)) return fail(trouble, "Target-Dialog");
  return TargetDialog{read.call_id, read.to_tag, read.from_tag};
}

Result<ReferTo> parse_refer_to(std::string_view value) {
  ReferTo out;
  if (const char* trouble = read_name_addr(value, out.target)) return fail(trouble, "Refer-To");
  if (const auto method = out.target.uri.parameter("method")) out.method = parse_method(*method);
  out.replaces = find_uri_header(out.target.uri, "Replaces").value_or("");
  return out;
}

Result<ReferredBy> parse_referred_by(std::string_view value) {
  ReferredBy out;
  if (const char* trouble = read_name_addr(value, out.referrer)) return fail(trouble, "Referred-By");
  out.cid = find_parameter(out.referrer.parameters, "cid").value_or(std::string_view{});
  return out;
}

Result<bool> parse_refer_sub(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Refer-Sub");
  if (grammar::same(read.main, "true")) return true;
  if (grammar::same(read.main, "false")) return false;
  return fail("it is not true or false", "Refer-Sub");
}

std::optional<std::string> find_uri_header(const Uri& uri, std::string_view name) {
  for (std::string_view rest = uri.headers; !rest.empty();) {
    const std::string_view header = take_until(rest, '&');
    const auto equals = std::min(header.find('='), header.size());
    if (!equals_ignoring_case(unescape(header.substr(0, equals)), name)) continue;
    return unescape(header.substr(std::min(equals + 1, header.size())));
  }
  return std::nullopt;
}

}  // namespace ringwall::sip
