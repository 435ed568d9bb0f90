#pragma once

#include <expected>
#include <string>
#include <vector>

#include "policy/anchors.h"
#include "policy/site.h"

/// Who may speak to an element. Pure: everything that is known about the peer is an argument.
namespace ringwall::policy {

/// What a peer has shown.
struct Presented {
  bool secure = true;              ///< TLS; otherwise UDP or TCP
  std::vector<std::string> names;  ///< verified certificate names (RFC 5922 section 7.1); empty: none were shown
  std::string anchor;              ///< SHA-256 (hex) of the trust anchor its chain ended at
  std::string remote_ip;           ///< as the kernel prints it
  std::string tls_version;         ///< "TLSv1.3"; empty counts as the oldest that any listener takes, 1.2
  std::string tls_cipher;          ///< as IANA writes it; empty: not held against the profile
  std::string tls_group;           ///< "x25519"; empty: not held against the profile
};

/// `unproven` has shown nothing: a phone without certificate, at an element where a profile takes digest. It may only
/// try to prove itself, by the credentials in each of its requests.
enum class PeerKind : std::uint8_t { trunk, element, phone, unproven };

struct Admitted {
  PeerKind kind = PeerKind::trunk;
  std::string name;         ///< the trunk's, element's or phone's name
  SecurityProfile profile;  ///< what its calls must be
  std::string waiver;       ///< the waiver in force, if the profile is clear
};

struct Refusal {
  int status = 403;
  std::string warning;  ///< for the peer: says which rule, never who else is known here
  std::string reason;   ///< for the log and `show`
  std::string mend;     ///< for the operator

  /// A Warning header value with code 399 (RFC 3261 section 20.43); `host` is the element's host name.
  [[nodiscard]] std::string warning_header(std::string_view host) const;
};

/// Who the peer is to this element, or why it is nobody. `now` decides whether a waiver still holds.
std::expected<Admitted, Refusal> admit(const Site& site, const Anchors& anchors, const Element& element,
                                       const Presented& presented, WallTime now);

/// Whether a phone may come to this element without certificate: the profile of one takes digest.
bool takes_digest(const Site& site, const Element& element);
/// The phone whose line that is, if its profile takes digest; else nullptr.
const Phone* digest_phone(const Site& site, std::string_view line);
/// The phone that an unproven peer has proven to be, or why its connection is not good enough for its profile.
std::expected<Admitted, Refusal> admit_proven(const Site& site, const Phone& phone, const Presented& presented);

/// Whether a trunk's profile allows a call to it now (before we send): its waiver, if it is clear.
std::expected<Admitted, Refusal> admit_outgoing(const Site& site, const Trunk& trunk, WallTime now);

}  // namespace ringwall::policy
