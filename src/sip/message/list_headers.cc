#include "sip/message/list_headers.h"

#include <algorithm>

#include "sip/message/values.h"

namespace ringwall::sip {
namespace {

/// What stands before the parameters of a value.
std::string_view main_of(std::string_view value) {
  return grammar::trim_spaces(value.substr(0, value.find(';')));
}

/// "type/*" and "*/*" stand for many.
bool range_covers(std::string_view range, std::string_view media_type) {
  if (range == "*/*" || grammar::same(range, media_type)) return true;
  if (!range.ends_with("/*")) return false;
  const auto type = range.substr(0, range.size() - 1);
  return grammar::same(media_type.substr(0, type.size()), type);
}

}  // namespace

bool ListReader::next() {
  while (!rest_.empty()) {
    const std::size_t length = grammar::list_value_length(rest_);
    value_ = grammar::trim_spaces(rest_.substr(0, length));
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    if (!value_.empty()) return true;
  }
  return false;
}

bool list_holds(std::string_view field, std::string_view token) {
  ListReader reader(field);
  while (reader.next()) {
    if (grammar::same(main_of(reader.value()), token)) return true;
  }
  return false;
}

bool has_token(const Message& message, HeaderName name, std::string_view token) {
  if (!message.has(name)) return false;
  const auto fields = message.headers();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const HeaderField& field) { return field.name == name && list_holds(field.value, token); });
}

bool has_one_value(const Message& message, HeaderName name) {
  std::size_t count = 0;
  for (const HeaderField& field : message.headers()) {
    if (field.name != name) continue;
    ListReader reader(field.value);
    while (count < 2 && reader.next())
      ++count;
  }
  return count == 1;
}

bool allows(const Message& message, std::string_view method) {
  if (!message.has(HeaderName::allow)) return false;
  for (const HeaderField& field : message.headers()) {
    if (field.name != HeaderName::allow) continue;
    ListReader reader(field.value);
    while (reader.next()) {
      if (reader.value() == method) return true;
    }
  }
  return false;
}

bool AddressReader::next() {
  if (trouble_ != nullptr || (started_ && rest_.empty())) return false;
  if (started_) rest_.remove_prefix(1);
  started_ = true;
  grammar::skip_spaces(rest_);
  const std::string_view before = rest_;
  value_ = {};
  trouble_ = take_name_addr(rest_, value_);
  text_ = grammar::trim_spaces(before.substr(0, before.size() - rest_.size()));
  return trouble_ == nullptr;
}

Result<AcceptRange> parse_accept_range(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Accept");
  const auto slash = read.main.find('/');
  const bool words = !read.main.empty() && grammar::all(read.main.substr(0, slash), grammar::token) &&
                     (slash == std::string_view::npos || (slash > 0 && slash + 1 < read.main.size() &&
                                                          grammar::all(read.main.substr(slash + 1), grammar::token)));
  if (!words) return fail("it is not a range", "Accept");
  AcceptRange out{read.main, 1000, read.parameters};
  if (const auto q = read.parameters.find("q")) {
    const auto weight = parse_q(*q);
    if (!weight) return fail("its q is not a number from 0 to 1", "Accept");
    out.q = *weight;
  }
  return out;
}

bool accepts(const Message& message, std::string_view media_type) {
  if (!message.has(HeaderName::accept)) return grammar::same(media_type, "application/sdp");
  // The range that names the type most closely says whether it is wanted.
  std::size_t closest = 0;
  bool wanted = false;
  for (const HeaderField& field : message.headers()) {
    if (field.name != HeaderName::accept) continue;
    ListReader reader(field.value);
    while (reader.next()) {
      const auto range = parse_accept_range(reader.value());
      if (!range || !range_covers(range->range, media_type)) continue;
      const std::size_t weight = range->range == "*/*" ? 1 : range->range.ends_with("/*") ? 2 : 3;
      if (weight < closest) continue;
      closest = weight;
      wanted = range->q > 0;
    }
  }
  return wanted;
}

}  // namespace ringwall::sip
