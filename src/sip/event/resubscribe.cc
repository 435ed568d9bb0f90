#include "sip/event/resubscribe.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sip::event {
namespace {

using std::chrono::seconds;

// Where a notifier asks for patience and does not say how much.
constexpr seconds patience{60};

}  // namespace

std::optional<seconds> resubscribe_after(std::string_view reason, std::optional<std::uint32_t> retry_after) {
  const auto is = [reason](std::string_view name) { return equals_ignoring_case(reason, name); };
  if (is("rejected") || is("noresource") || is("invariant")) return std::nullopt;
  if (is("deactivated") || is("timeout")) return seconds::zero();  // elsewhere, or the same again: at once
  const seconds asked = retry_after ? seconds(*retry_after) : patience;
  return std::min<seconds>(asked, limits::subscription_longest);
}

}  // namespace ringwall::sip::event
