#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/digest_access.h"

namespace ringwall::policy {

/// One line of a file of digest secrets: what stands in place of a password for one algorithm (RFC 7616 section 3.4.2).
struct DigestSecret {
  std::string user;
  std::string realm;
  crypto::DigestAlgorithm algorithm = crypto::DigestAlgorithm::sha_256;
  Secret a1;  ///< lower-case hex
};

/// Reads lines of `user:realm:algorithm:hex`; empty ones and those that begin with '#' are read over. Fails if the file
/// cannot be read, if others than its owner may read or write it, if it holds no secret, or names one twice. Errors say
/// the line, never what stands in it.
Result<std::vector<DigestSecret>> read_digest_file(const std::filesystem::path& file);

/// The file's text.
Secret print_digest_file(const std::vector<DigestSecret>& secrets);

}  // namespace ringwall::policy
