#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sdp/session_description.h"

/// The attributes of media whose keys are agreed on by DTLS (RFC 8122, RFC 4145, RFC 8842).
namespace ringwall::sdp {

/// "sha-256 12:AB:...". Nothing if it is not so, or if a hash that is known has another length. The hash may be an
/// unknown one: it is kept, and nobody is known by it.
std::optional<Fingerprint> parse_fingerprint(std::string_view value);
std::string print_fingerprint(const Fingerprint& fingerprint);
/// Whether a peer may be known by it: sha-256, sha-384 or sha-512.
bool is_usable(const Fingerprint& fingerprint);

std::optional<Setup> parse_setup(std::string_view value);
std::string_view print(Setup setup);  ///< not for Setup::absent

/// What one level of a description says of DTLS.
struct DtlsAttributes {
  std::vector<Fingerprint> fingerprints;
  Setup setup = Setup::absent;
  std::string tls_id;

  /// False if the attribute is none of these; the error says what is wrong with it.
  Result<bool> read(const Attribute& attribute);
  /// Gives the medium what it says itself or, failing that, what the session says.
  static void apply(DtlsAttributes&& own, const DtlsAttributes& session, MediaDescription& media);
};

}  // namespace ringwall::sdp
