#include "sdp/dtls_choice.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "sdp/dtls_attributes.h"

namespace ringwall::sdp {
namespace {

bool allows(const Local& local, KeyExchange exchange) {
  return std::ranges::find(local.key_exchanges, exchange) != local.key_exchanges.end();
}

std::string names_of(const std::vector<Fingerprint>& fingerprints) {
  std::string out;
  for (const Fingerprint& fingerprint : fingerprints)
    out.append(out.empty() ? "" : ", ").append(fingerprint.hash);
  return out;
}

/// What both descriptions of a peer must hold, whoever offers.
Result<> take_peer(const MediaDescription& theirs, const char* where, Agreed& agreed) {
  std::ranges::copy_if(theirs.fingerprints, std::back_inserter(agreed.fingerprints), is_usable);
  if (theirs.fingerprints.empty())
    return fail("the audio asks for DTLS keys and gives no a=fingerprint", where, "say the certificate's (RFC 8122)");
  if (agreed.fingerprints.empty())
    return fail("the certificate's fingerprint is given by " + names_of(theirs.fingerprints) + " only", where,
                "give it by sha-256, sha-384 or sha-512");
  if (theirs.setup == Setup::absent)
    return fail("there is a fingerprint, but no a=setup says who begins", where, "say a=setup (RFC 8842)");
  if (theirs.setup == Setup::holdconn)
    return fail("a=setup:holdconn asks for no DTLS association, and there is no audio without", where,
                "offer actpass and hold the call by a=sendonly or a=inactive (RFC 8842 section 5.1)");
  if (!theirs.rtcp_mux)
    return fail("DTLS keys are agreed on for RTP and RTCP on one port only", where, "say a=rtcp-mux (RFC 5761)");
  agreed.dtls = true;
  agreed.tls_id = theirs.tls_id;
  return {};
}

}  // namespace

bool is_dtls_profile(std::string_view protocol) {
  return protocol == "UDP/TLS/RTP/SAVP" || protocol == "UDP/TLS/RTP/SAVPF";
}

KeyExchange offered_exchange(const MediaDescription& offered, const Local& local) {
  if (is_dtls_profile(offered.protocol)) return KeyExchange::dtls;
  if (offered.fingerprints.empty()) return KeyExchange::sdes;
  const bool no_keys = offered.crypto.empty() || !allows(local, KeyExchange::sdes);
  return no_keys && allows(local, KeyExchange::dtls) ? KeyExchange::dtls : KeyExchange::sdes;
}

/// A browser wants the feedback profile (RFC 8829 section 5.1.2); it is known by ICE.
void offer_dtls(const Local& local, MediaDescription& out) {
  CHECK(!local.fingerprints.empty());
  out.protocol = local.ice ? "UDP/TLS/RTP/SAVPF" : "UDP/TLS/RTP/SAVP";
  out.fingerprints = local.fingerprints;
  out.setup = Setup::actpass;
  out.tls_id = local.tls_id;
  out.rtcp_mux = true;
}

Result<> answer_dtls(const MediaDescription& offered, const Local& local, MediaDescription& out, Agreed& agreed) {
  if (!allows(local, KeyExchange::dtls) || local.fingerprints.empty())
    return fail("the audio is offered with DTLS keys, this leg takes SDES keys only", "SDP",
                "offer RTP/SAVP with SDES keys (RFC 4568), or allow \"dtls\" in the profile's key_exchange");
  TRY_VOID(take_peer(offered, "SDP", agreed));
  agreed.dtls_active =
      offered.setup == Setup::passive || (offered.setup == Setup::actpass && local.dtls_active.value_or(true));
  out.fingerprints = local.fingerprints;
  out.setup = agreed.dtls_active ? Setup::active : Setup::passive;
  if (!offered.tls_id.empty()) out.tls_id = local.tls_id;  // RFC 8842 section 5.3: only if the offer has one
  return {};
}

Result<> apply_dtls(const MediaDescription& offered, const MediaDescription& answered, Agreed& agreed) {
  CHECK(!offered.fingerprints.empty());
  TRY_VOID(take_peer(answered, "SDP answer", agreed));
  if (answered.setup == Setup::actpass)
    return fail("the answer leaves open who begins the DTLS handshake (a=setup:actpass)", "SDP answer",
                "answer active or passive (RFC 8842 section 5.3)");
  agreed.dtls_active = answered.setup == Setup::passive;
  return {};
}

}  // namespace ringwall::sdp
