#pragma once

#include <string>
#include <string_view>

#include "policy/site.h"
#include "sip/endpoint/endpoint.h"

/// What one side of a call is told of the other: who calls (RFC 3323, 3325), by whom the call was sent on (RFC 5806,
/// 7044), and which session it is (RFC 7989).
namespace ringwall::call {

/// Whether a peer is in the site's trust domain (RFC 3325 section 3): its elements are, the trunks that
/// `trusted_identity` names, and phones unless their profile says no.
bool in_trust_domain(const policy::Site& site, std::string_view peer);

struct IdentityTrust {
  bool from = false;  ///< what the caller's side asserts is believed
  bool to = false;    ///< the called side may know what is to be kept private
};

/// How an INVITE that goes on because of another one names the caller.
struct CallerIdentity {
  std::string from;            ///< name-addr without tag
  sip::Headers headers;        ///< P-Asserted-Identity, Privacy, Diversion, History-Info
  bool hides_history = false;  ///< who sent the call on is to be kept private
};

/// The caller of `invite` for the other side: every SIP address stands at `host`, for addresses of one side are not
/// shown to the other. Assertions of a side that is not trusted are dropped, and towards one that is not trusted a
/// caller who asks for it (Privacy: id or user) stays anonymous. At most limits::sip_history_entries of those who sent
/// the call on; what cannot be read of them is left out.
CallerIdentity caller_identity(const sip::Message& invite, IdentityTrust trust, const std::string& host);

/// The same, of a caller that this site knows by itself: a phone, whose line is `number`. Nothing that the phone
/// asserts counts beside it (RFC 3325 section 5). `trust.from`: who is called may be told.
CallerIdentity phone_identity(const sip::Message& invite, const std::string& number, IdentityTrust trust,
                              const std::string& host);

/// Says last of all that a call to `from` goes to `to` instead (RFC 7044). The history begins with `from` if it does
/// not name it; several calls in the place of one are its branches. Nothing is added beyond
/// limits::sip_history_entries.
void add_history(CallerIdentity& caller, std::string_view from, std::string_view to, const std::string& host);
/// The branch that leads to `number` has ended so: a status of SIP becomes its Reason (RFC 7044 section 10.2).
void end_history(CallerIdentity& caller, std::string_view number, int status);

/// Says first of all that `number` sent the call on (RFC 5806 section 5).
void add_diversion(sip::Headers& headers, std::string_view number, const std::string& host, std::string_view reason);

/// The UUID of who sent `heard` becomes our side's on another leg (RFC 7989 section 7).
void pass_session_id(sip::Endpoint& endpoint, const sip::Message& heard, sip::LegId told);

}  // namespace ringwall::call
