#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "call/element.h"
#include "sip/auth/digest_server.h"

namespace ringwall::call_manager {

/// The phones that may come without a certificate, and how they prove to be who they say: by digest credentials whose
/// user is their line and whose realm is the site's domain.
class PhoneDigest {
 public:
  explicit PhoneDigest(const policy::Site& site);
  /// Reads the secrets anew. Nonces go on.
  void configure(const policy::Site& site);

  /// The phone that sent this request, or what it is to be answered.
  std::expected<const policy::Phone*, call::Objection> prove(const policy::Site& site, const sip::Message& request,
                                                             Time now);

 private:
  sip::DigestServer server_;
  std::map<std::string, sip::DigestAccount, std::less<>> accounts_;  ///< by line
};

}  // namespace ringwall::call_manager
