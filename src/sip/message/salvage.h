#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall::sip {

/// What can be taken from a refused request to answer it: the header values as written, unfolded.
struct Salvage {
  std::string method;
  std::vector<std::string> vias;
  std::string from;
  std::string to;
  std::string call_id;
  std::string cseq;
};

/// Nothing for responses, ACK requests, and where the top Via or CSeq cannot be read: an answer to those could not be
/// matched.
std::optional<Salvage> salvage(std::string_view bytes);
bool can_be_answered(std::string_view bytes);

}  // namespace ringwall::sip
