#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The fields of a crypto attribute as values (RFC 4568 section 6).
namespace ringwall::sdp {

/// "1048576" or "2^20" (section 6.1): packets. Nothing for anything else, 0, leading zeros, or more than the 2^48 that
/// SRTP allows (section 6.1 calls such an attribute invalid).
std::optional<std::uint64_t> parse_lifetime(std::string_view text);

/// "1066:4": the identifier as it stands in packets, big-endian. Nothing for an identifier that is 0 or does not fit,
/// leading zeros, or a length that is not 1 to 128.
std::optional<std::vector<std::uint8_t>> parse_mki(std::string_view text);

/// nullptr if the session parameters (section 6.3) change nothing that we do, else why the attribute is refused.
///   UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, UNAUTHENTICATED_SRTP   refused: they weaken the stream
///   KDR, FEC_ORDER, FEC_KEY                                     refused: not done here
///   WSH=n                                                       taken from 64 on (section 6.3.6): a hint, our window
///   is larger -anything                                                   passed over: the peer says that it may be
///   (section 6.3.7) anything else                                               refused: it is mandatory
///   (section 6.3.7)
const char* why_parameters_refused(std::string_view parameters);

}  // namespace ringwall::sdp
