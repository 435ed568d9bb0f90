#pragma once

#include <optional>

#include "sdp/offer_answer.h"

/// What offer and answer say of DTLS-SRTP (RFC 5763 section 5, RFC 8842 section 5).
namespace ringwall::sdp {

/// "UDP/TLS/RTP/SAVP" or "UDP/TLS/RTP/SAVPF" (RFC 5764 section 8).
bool is_dtls_profile(std::string_view protocol);

/// How the keys of an offered medium with SRTP shall be agreed on. A peer that writes RTP/SAVP[F] and gives a
/// fingerprint but no keys means DTLS as well (RFC 8829 section 5.1.2).
KeyExchange offered_exchange(const MediaDescription& offered, const Local& local);

/// Makes our medium one of DTLS, in an offer: we take either role.
void offer_dtls(const Local& local, MediaDescription& out);

/// Answers a medium of DTLS. Refused: fingerprints by unknown or weak hashes alone, no a=setup, holdconn, no rtcp-mux.
/// Where the peer leaves the role to us we are active, or keep the role of the association that there is.
Result<> answer_dtls(const MediaDescription& offered, const Local& local, MediaDescription& out, Agreed& agreed);

/// Takes the peer's answer to our offer of DTLS; it has to name one role.
Result<> apply_dtls(const MediaDescription& offered, const MediaDescription& answered, Agreed& agreed);

}  // namespace ringwall::sdp
