// Replaces (RFC 3891): an INVITE that takes the place of a call.
#include <algorithm>

#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/message/dialog_headers.h"

namespace ringwall::sip {

bool Endpoint::Core::supports(std::string_view tag) const {
  return std::ranges::any_of(split(options.supported, ','),
                             [tag](std::string_view held) { return equals_ignoring_case(trim(held), tag); });
}

Leg* Endpoint::Core::find_dialog(std::string_view call_id, std::string_view local_tag,
                                 std::string_view remote_tag) const {
  Leg* found = find_leg(local_tag);
  if (found == nullptr || remote_tag.empty()) return nullptr;
  const Dialog& dialog = found->dialog;
  return dialog.call_id() == call_id && dialog.remote_tag() == remote_tag ? found : nullptr;
}

// The call that the INVITE replaces (none: no Replaces in it), or the status to refuse it with (section 3). An
// application that does not name the extension sees a call like any other.
std::expected<LegId, int> Endpoint::Core::find_replaced(const Message& invite) const {
  if (!invite.has(HeaderName::replaces) || !supports("replaces")) return LegId{};
  const auto values = invite.values(HeaderName::replaces);
  if (values.size() != 1 || invite.has(HeaderName::join)) return std::unexpected(400);
  const auto named = parse_replaces(values.front());
  if (!named) return std::unexpected(400);
  const Leg* found = find_dialog(named->call_id, named->to_tag, named->from_tag);
  if (found == nullptr) return std::unexpected(481);
  if (found->silent || found->state == Leg::State::terminating) return std::unexpected(603);
  const bool confirmed = found->state == Leg::State::confirmed;
  if (confirmed && named->early_only) return std::unexpected(486);
  // Who calls may have its ringing taken over; who is called has not yet said that it wants the call.
  if (!confirmed && !found->outgoing) return std::unexpected(481);
  return found->id;
}

}  // namespace ringwall::sip
