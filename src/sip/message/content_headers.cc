#include "sip/message/content_headers.h"

#include "base/text.h"
#include "sip/message/timer_headers.h"
#include "sip/message/values.h"

namespace ringwall::sip {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && grammar::all(text, grammar::token);
}

}  // namespace

bool ContentType::is(std::string_view wanted_type, std::string_view wanted_subtype) const {
  return grammar::same(type, wanted_type) && grammar::same(subtype, wanted_subtype);
}

Result<ContentType> parse_content_type(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Content-Type");
  ContentType out;
  out.parameters = read.parameters;
  std::string_view rest = read.main;
  out.type = grammar::trim_spaces(take_until(rest, '/'));
  out.subtype = grammar::trim_spaces(rest);
  if (!is_token(out.type) || !is_token(out.subtype)) return fail("it is not type/subtype", "Content-Type");
  return out;
}

Result<ContentDisposition> parse_content_disposition(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Content-Disposition");
  if (!is_token(read.main)) return fail("it does not begin with a type", "Content-Disposition");
  const auto handling = read.parameters.find("handling");
  const bool optional = handling && grammar::same(*handling, "optional");
  if (handling && !is_token(*handling)) return fail("its handling is not a token", "Content-Disposition");
  return ContentDisposition{read.main, !optional, read.parameters};
}

Result<MimeVersion> parse_mime_version(std::string_view value) {
  std::string_view minor = grammar::trim_spaces(value);
  const bool has_point = minor.find('.') != std::string_view::npos;
  const auto major_number = parse_unsigned<int>(take_until(minor, '.'));
  const auto minor_number = parse_unsigned<int>(minor);
  if (!has_point || !major_number || !minor_number)
    return fail("it is not two numbers with a point between", "MIME-Version");
  return MimeVersion{*major_number, *minor_number};
}

Result<InfoValue> parse_info(std::string_view value) {
  std::string_view rest = grammar::trim_spaces(value);
  const auto close = rest.find('>');
  if (!rest.starts_with('<') || close == std::string_view::npos) return fail("its URI does not stand in <>", "Info");
  InfoValue out;
  if (const char* trouble = read_uri(rest.substr(1, close - 1), out.uri)) return fail(trouble, "Info");
  if (const char* trouble = read_parameters(rest.substr(close + 1), out.parameters)) return fail(trouble, "Info");
  out.purpose = out.parameters.find("purpose").value_or(std::string_view{});
  return out;
}

bool ProductReader::next() {
  product_ = version_ = comment_ = {};
  if (!ok_ || rest_.empty()) return false;
  if (rest_.front() == '(') {
    const std::size_t length = comment_length(rest_);
    ok_ = length != 0;
    if (!ok_) return false;
    comment_ = rest_.substr(1, length - 2);
    rest_.remove_prefix(length);
  } else {
    product_ = rest_.substr(0, grammar::prefix(rest_, grammar::token));
    rest_.remove_prefix(product_.size());
    if (rest_.starts_with('/')) {
      version_ = rest_.substr(1, grammar::prefix(rest_.substr(1), grammar::token));
      rest_.remove_prefix(1 + version_.size());
    }
    ok_ = !product_.empty() && (rest_.empty() || grammar::is_space(rest_.front()));
  }
  grammar::skip_spaces(rest_);
  return ok_;
}

}  // namespace ringwall::sip
