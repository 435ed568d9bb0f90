#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/site.h"

namespace ringwall::policy {

/// SHA-256 fingerprints (lower-case hex) of the trust anchors, as the TLS layer reports the end of a verified chain.
struct Anchors {
  std::vector<std::string> site;                           ///< the site's own root (several while it is being rotated)
  std::map<std::string, std::vector<std::string>> trunks;  ///< by trunk name; only trunks with anchors of their own

  /// What a chain of this trunk may end at: its own anchors, else the site's.
  [[nodiscard]] const std::vector<std::string>& of(const Trunk& trunk) const;
};

/// Fingerprints of all certificates in one PEM bundle. Fails if it cannot be read or holds none.
Result<std::vector<std::string>> read_anchor_bundle(const std::filesystem::path& file);

/// Reads pki/anchors.pem and every trunk's bundle. Call again after a change on disk.
Result<Anchors> read_anchors(const Site& site);

}  // namespace ringwall::policy
