#pragma once

#include <map>
#include <string>
#include <vector>

#include "policy/digest_file.h"
#include "policy/site.h"
#include "sip/auth/digest_client.h"
#include "sip/endpoint/endpoint.h"

namespace ringwall::call {

/// The accounts that the secrets of a file make: one for each user and realm.
std::vector<sip::DigestAccount> digest_accounts(const std::vector<policy::DigestSecret>& secrets);

/// The digest credentials with which an element answers the challenges of its trunks. Each trunk has its own: none gets
/// an answer that is made with the secret of another, whatever realm it names.
class TrunkDigest {
 public:
  /// Reads the files of this element's trunks anew. One that cannot be read is logged, and its trunk gets no answers.
  void configure(const policy::Site& site, const std::string& element);
  /// For EndpointOptions::authorize.
  sip::Headers authorize(const sip::Challenged& challenged);

 private:
  std::string element_;
  std::map<std::string, sip::DigestClient, std::less<>> clients_;
};

}  // namespace ringwall::call
