// Any text: URIs and addresses; an accepted URI equals itself and holds nothing that could leave its header line.
#include <cstdlib>

#include "sip/message/message.h"

using namespace ringwall::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_uri(const Uri& uri) {
  require(uri.text.find_first_of("\r\n<>\" ") == std::string_view::npos);
  require(equivalent(uri, uri));
  const std::string copy(uri.text);
  const auto again = parse_uri(copy);
  require(again && again->host == uri.host && again->port == uri.port && again->user == uri.user);
  require(equivalent(uri, *again) && equivalent(*again, uri));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto uri = parse_uri(text)) check_uri(*uri);
  if (const auto address = parse_name_addr(text)) check_uri(address->uri);
  (void)parse_via(text);
  (void)find_parameter(text, "branch");
  require(unescape(escape_user(text)) == text);
  const std::string made = "sip:" + escape_user(text) + "@ringwall.test";
  require(text.empty() || parse_uri(made).has_value());
  const auto half = text.substr(0, size / 2);
  const auto a = parse_uri(half);
  const auto b = parse_uri(text.substr(half.size()));
  if (a && b) require(equivalent(*a, *b) == equivalent(*b, *a));
  return 0;
}
