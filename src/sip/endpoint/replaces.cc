// Replaces (RFC 3891): an INVITE that takes the place of a call.
#include <algorithm>

#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/message/parameters.h"

namespace ringwall::sip {

bool Endpoint::Core::supports(std::string_view tag) const {
  return std::ranges::any_of(split(options.supported, ','),
                             [tag](std::string_view held) { return equals_ignoring_case(trim(held), tag); });
}

Leg* Endpoint::Core::find_dialog(std::string_view call_id, std::string_view local_tag,
                                 std::string_view remote_tag) const {
  const auto at = legs_by_tag.find(local_tag);
  if (at == legs_by_tag.end() || remote_tag.empty()) return nullptr;
  const Dialog& dialog = at->second->dialog;
  return dialog.call_id() == call_id && dialog.remote_tag() == remote_tag ? at->second : nullptr;
}

// The call that the INVITE replaces (none: no Replaces in it), or the status to refuse it with (section 3). An
// application that does not name the extension sees a call like any other.
std::expected<LegId, int> Endpoint::Core::find_replaced(const Message& invite) const {
  if (!invite.has(HeaderName::replaces) || !supports("replaces")) return LegId{};
  const auto values = invite.values(HeaderName::replaces);
  ParameterizedValue read;
  if (values.size() > 1 || invite.has(HeaderName::join) || read_parameterized(values.front(), read) != nullptr)
    return std::unexpected(400);
  const auto to_tag = read.parameters.find("to-tag");
  const auto from_tag = read.parameters.find("from-tag");
  if (!to_tag || !from_tag || read.main.empty()) return std::unexpected(400);
  const Leg* found = find_dialog(read.main, *to_tag, *from_tag);
  if (found == nullptr) return std::unexpected(481);
  if (found->silent || found->state == Leg::State::terminating) return std::unexpected(603);
  const bool confirmed = found->state == Leg::State::confirmed;
  if (confirmed && read.parameters.has("early-only")) return std::unexpected(486);
  // Who calls may have its ringing taken over; who is called has not yet said that it wants the call.
  if (!confirmed && !found->outgoing) return std::unexpected(481);
  return found->id;
}

}  // namespace ringwall::sip
