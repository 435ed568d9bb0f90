#include "pki/host_name.h"

#include <algorithm>

#include "base/text.h"

namespace ringwall::pki {
namespace {

constexpr std::size_t host_name_size = 253, label_size = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_ldh(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-';
}

/// What is wrong with the label, or nothing.
std::string label_fault(std::string_view label) {
  if (label.empty()) return "it has an empty part (two dots, or a dot at an end)";
  if (label.size() > label_size)
    return fmt::format("its part '{}...' is longer than {} characters", label.substr(0, 16), label_size);
  if (!std::ranges::all_of(label, is_ldh)) return "it has a character that is no letter, digit, hyphen or dot";
  if (label.front() == '-' || label.back() == '-')
    return fmt::format("its part '{}' begins or ends with a hyphen", label);
  return {};
}

std::string name_fault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > host_name_size) return fmt::format("it is longer than {} characters", host_name_size);
  if (name.contains('*')) return "it is a wildcard, and wildcards never match in SIP (RFC 5922 section 7.2)";
  const auto labels = split(name, '.');
  for (const auto label : labels)
    if (auto fault = label_fault(label); !fault.empty()) return fault;
  if (std::ranges::all_of(labels.back(), is_digit)) return "it is an IP address or ends like one";
  return {};
}

/// The name as it may stand in a message: without control characters and not endless.
std::string shown(std::string_view name) {
  std::string out(name.substr(0, 64));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c == 0x7f; }, '?');
  return out;
}

}  // namespace

Result<std::string> check_host_name(std::string_view name) {
  if (const auto fault = name_fault(name); !fault.empty())
    return fail(fmt::format("'{}' cannot be the name of a certificate: {}", shown(name), fault), {},
                "use a host name such as edge.ringwall.test");
  return to_lower(name);
}

std::string first_label(std::string_view host) {
  return std::string(take_until(host, '.'));
}

}  // namespace ringwall::pki
