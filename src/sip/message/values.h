#pragma once

#include "sip/message/message.h"

/// The typed values that Message::parse reads, without the cost of an Error on the good path: each returns what is
/// wrong in plain words, or nullptr.
namespace ringwall::sip {

const char* read_via(std::string_view text, Via& via);
const char* read_name_addr(std::string_view text, NameAddr& out);
const char* read_cseq(std::string_view text, CSeq& cseq);
const char* read_uri(std::string_view text, Uri& uri);

}  // namespace ringwall::sip
