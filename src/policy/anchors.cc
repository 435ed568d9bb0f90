#include "policy/anchors.h"

#include "base/limits.h"
#include "crypto/certificate.h"
#include "policy/toml_file.h"

namespace ringwall::policy {

const std::vector<std::string>& Anchors::of(const Trunk& trunk) const {
  const auto own = trunks.find(trunk.name);
  return own == trunks.end() ? site : own->second;
}

Result<std::vector<std::string>> read_anchor_bundle(const std::filesystem::path& file) {
  TRY(const std::string pem, read_text_file(file, limits::configuration_bytes));
  TRY(const auto certificates, crypto::read_certificates(pem, file.string()));
  std::vector<std::string> prints;
  for (const crypto::Certificate& certificate : certificates)
    prints.push_back(certificate.sha256_fingerprint());
  return prints;
}

Result<Anchors> read_anchors(const Site& site) {
  Anchors anchors;
  TRY(anchors.site, read_anchor_bundle(site.folder / "pki" / "anchors.pem"));
  for (const Trunk& trunk : site.trunks) {
    if (trunk.anchors.empty()) continue;
    TRY(anchors.trunks[trunk.name], read_anchor_bundle(trunk.anchors));
  }
  return anchors;
}

}  // namespace ringwall::policy
