#pragma once

#include "sdp/offer_answer.h"

/// What offer and answer agree on for connectivity checks (RFC 8839) and for bundled media (RFC 9143).
namespace ringwall::sdp {

/// Priority of a host candidate of ours: RFC 8445 section 5.1.2.1 with one local address.
std::uint32_t host_priority(std::uint16_t component);

/// Puts our credentials and candidates, and the one-line bundle that a browser expects (RFC 9429 section 5.2.1), into
/// an offer with one medium.
void offer_ice(SessionDescription& offer, const LocalIce& local);

/// Answers the ICE of `offered`, if it has any that can be used; `agreed` says so. With RTCP multiplexed the candidates
/// of component 2 are left out. Where the default destination is none of the candidates, something on the way has
/// changed it: then there is no ICE, and a=ice-mismatch (RFC 8839 section 5.3).
void answer_ice(const SessionDescription& offer, const MediaDescription& offered, const LocalIce& local,
                SessionDescription& answer, MediaDescription& answered, Agreed& agreed);

/// Takes the ICE of an answer to an offer that had it.
void apply_ice(const SessionDescription& offer, const SessionDescription& answer, Agreed& agreed);

/// Names the lines of the answer as the offer does, and groups those that are taken as offered (RFC 9143 section 7.3):
/// a refused line leaves its group.
void answer_bundle(const SessionDescription& offer, SessionDescription& answer);

}  // namespace ringwall::sdp
