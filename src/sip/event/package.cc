#include "sip/event/package.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sip::event {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds longest = limits::subscription_longest;

// Intervals: RFC 3842 section 3.10, RFC 4235 section 3.10, RFC 3680 section 4.10, RFC 3856 section 6.10.
constexpr Package all[] = {
    {"message-summary", "application/simple-message-summary", longest, longest, milliseconds(1000)},
    {"dialog", "application/dialog-info+xml", longest, longest, milliseconds(1000)},
    {"reg", "application/reginfo+xml", longest, longest, milliseconds(5000)},
    {"presence", "application/pidf+xml", longest, longest, milliseconds(5000)},
    {"refer", "message/sipfrag", seconds(180), seconds(180), milliseconds(0)},
};

}  // namespace

std::span<const Package> packages() {
  return all;
}

const Package* find_package(std::string_view name) {
  const auto* const at = std::ranges::find(all, name, &Package::name);
  return at == std::end(all) ? nullptr : at;
}

bool accepts(const Package& package, std::string_view accept) {
  if (trim(accept).empty()) return true;
  const std::string_view main = package.body_type.substr(0, package.body_type.find('/'));
  return std::ranges::any_of(split(accept, ','), [&](std::string_view range) {
    const std::string_view type = trim(take_until(range, ';'));
    return type == "*/*" || equals_ignoring_case(type, package.body_type) ||
           (type.ends_with("/*") && equals_ignoring_case(type.substr(0, type.size() - 2), main));
  });
}

}  // namespace ringwall::sip::event
