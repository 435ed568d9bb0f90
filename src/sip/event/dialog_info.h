#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall::sip::event {

/// One dialog as the dialog package shows it (RFC 4235 section 4.1).
struct DialogState {
  enum class State : std::uint8_t { trying, proceeding, early, confirmed, terminated };
  std::string id;  ///< the same in each document, unique in it
  State state = State::trying;
  bool initiator = false;  ///< the entity made the call
  std::string ended_by;    ///< of `terminated`: "cancelled", "rejected", "replaced", "local-bye", "remote-bye", ...
  std::string call_id, local_tag;  ///< empty: not shown. From them a watcher makes a Replaces
  std::string remote_tag;
  std::string local_identity, remote_identity;  ///< URIs
  std::string remote_target;
};
std::string_view print(DialogState::State state);

/// The document of the dialog package (application/dialog-info+xml).
struct DialogInfo {
  std::uint32_t version = 0;  ///< one more in each NOTIFY of a subscription
  bool full = true;           ///< else only what changed
  std::string entity;
  std::vector<DialogState> dialogs;
};
std::string print(const DialogInfo& info);

}  // namespace ringwall::sip::event
