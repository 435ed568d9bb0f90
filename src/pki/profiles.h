#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/certificate_builder.h"

/// The kinds of certificates that the authority issues, each as one small rule.
namespace ringwall::pki {

/// What a leaf is for.
enum class Use : std::uint8_t {
  server,  ///< the end that accepts TLS: extended key usage serverAuth
  client,  ///< the end that opens it: clientAuth
  both,    ///< both in one certificate, for peers with a single certificate slot
  phone,   ///< a phone's: clientAuth, for it registers over the flow that it opens (RFC 5626)
};

std::string_view print(Use use);
std::optional<Use> parse_use(std::string_view text);

/// The first part of its file names: "server", "client", "both"; a phone's is "client".
std::string_view file_stem(Use use);

inline constexpr std::chrono::days root_days{3'650}, issuing_days{1'825}, leaf_days{90};

/// Certificates begin this much before they are issued, so that a peer whose clock is slow takes them.
inline constexpr std::chrono::minutes backdating{5};

/// `mark` tells the roots of several sites apart in a list of trusted roots.
crypto::CertificateTemplate root_profile(std::string_view mark, WallTime now);
crypto::CertificateTemplate issuing_profile(std::string_view mark, WallTime now);

/// For a checked host name: SANs DNS:<name> and URI:sip:<name> (RFC 5922 section 7.1).
crypto::CertificateTemplate leaf_profile(Use use, const std::string& name, std::chrono::days days, WallTime now);

}  // namespace ringwall::pki
