#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::sip::event {

/// Messages of one kind (RFC 3842 section 5.2).
struct MessageCount {
  std::string kind = "Voice-Message";  ///< "Fax-Message", ...
  std::uint32_t unheard = 0, heard = 0;
  std::uint32_t urgent_unheard = 0, urgent_heard = 0;  ///< of these
};

/// What a mailbox holds: the body of the message-summary package (application/simple-message-summary).
struct MessageSummary {
  bool waiting = false;
  std::string account;  ///< URI of the mailbox; empty: not said
  std::vector<MessageCount> counts;
};

std::string print(const MessageSummary& summary);
/// Fails without a readable Messages-Waiting line, on a count that is none, on more than 16 kinds. Other header lines
/// (of single messages) are stepped over.
Result<MessageSummary> parse_message_summary(std::string_view body);

}  // namespace ringwall::sip::event
