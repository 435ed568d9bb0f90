#pragma once

#include "sip/message/message.h"

/// The typed values that Message::parse reads, without the cost of an Error on the good path: each returns what is
/// wrong in plain words, or nullptr.
namespace ringwall::sip {

/// Reads the first value of a list from the front of `rest`, and leaves `rest` empty or at the ',' behind the value.
const char* take_via(std::string_view& rest, Via& via);
const char* take_name_addr(std::string_view& rest, NameAddr& out);

/// These read the whole text; of a Via list the first value.
const char* read_via(std::string_view text, Via& via);
const char* read_name_addr(std::string_view text, NameAddr& out);
const char* read_cseq(std::string_view text, CSeq& cseq);
const char* read_uri(std::string_view text, Uri& uri);

}  // namespace ringwall::sip
