#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/message/message.h"
#include "sip/message/parameters.h"

/// The headers that speak of dialogs and of requests within them, as views over their values.
namespace ringwall::sip {

/// RSeq (RFC 3262 section 7.1): 1 to 2^32 - 1.
Result<std::uint32_t> parse_rseq(std::string_view value);

/// RAck (RFC 3262 section 7.2): which provisional response a PRACK acknowledges.
struct RAck {
  std::uint32_t rseq = 0;
  CSeq cseq;
};
Result<RAck> parse_rack(std::string_view value);

/// Replaces (RFC 3891 section 6.1) and Join (RFC 3911 section 7.1), as seen by who receives it: `to_tag` is his own
/// tag.
struct Replaces {
  std::string_view call_id;
  std::string_view to_tag;
  std::string_view from_tag;
  bool early_only = false;  ///< of Replaces
};
Result<Replaces> parse_replaces(std::string_view value);
Result<Replaces> parse_join(std::string_view value);
std::string print(const Replaces& value);

/// Target-Dialog (RFC 4538 section 7): the tags as its receiver sees them.
struct TargetDialog {
  std::string_view call_id;
  std::string_view local_tag;
  std::string_view remote_tag;
};
Result<TargetDialog> parse_target_dialog(std::string_view value);

/// Refer-To (RFC 3515 section 2.1).
struct ReferTo {
  NameAddr target;
  Method method = Method::invite;  ///< of its URI's `method` parameter
  std::string replaces;            ///< the Replaces header in its URI, unescaped; "" if absent
};
Result<ReferTo> parse_refer_to(std::string_view value);

/// Referred-By (RFC 3892 section 3).
struct ReferredBy {
  NameAddr referrer;
  std::string_view cid;  ///< names the body part with its token; "" if absent
};
Result<ReferredBy> parse_referred_by(std::string_view value);

/// Refer-Sub (RFC 4488 section 4): whether the referrer wants the implicit subscription.
Result<bool> parse_refer_sub(std::string_view value);

/// Value of a header in a URI ("?Subject=a%20b&Replaces=..."), unescaped; nothing if absent. Names compare without
/// case.
std::optional<std::string> find_uri_header(const Uri& uri, std::string_view name);

}  // namespace ringwall::sip
