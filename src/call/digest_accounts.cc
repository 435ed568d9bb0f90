#include "call/digest_accounts.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/random.h"

namespace ringwall::call {

std::vector<sip::DigestAccount> digest_accounts(const std::vector<policy::DigestSecret>& secrets) {
  std::vector<sip::DigestAccount> out;
  for (const policy::DigestSecret& one : secrets) {
    auto at = std::ranges::find_if(
        out, [&](const sip::DigestAccount& known) { return known.user == one.user && known.realm == one.realm; });
    if (at == out.end()) at = out.insert(out.end(), {one.user, one.realm, {}});
    at->a1.at(static_cast<std::size_t>(one.algorithm)) = one.a1;
  }
  return out;
}

void TrunkDigest::configure(const policy::Site& site, const std::string& element) {
  element_ = element;
  clients_.clear();
  for (const policy::Trunk& trunk : site.trunks) {
    if (trunk.element != element || trunk.digest.empty()) continue;
    const auto secrets = policy::read_digest_file(trunk.digest);
    if (!secrets) {
      log::error(element, "trunk {}: {}", trunk.name, secrets.error().text());
      continue;
    }
    const auto* profile = site.profile(trunk.profile);
    const auto added =
        clients_.try_emplace(trunk.name, sip::DigestClientOptions{.md5 = profile != nullptr && profile->md5,
                                                                  .random = [] { return crypto::random_u64(); }});
    for (sip::DigestAccount& account : digest_accounts(*secrets))
      added.first->second.set_account(std::move(account));
  }
}

sip::Headers TrunkDigest::authorize(const sip::Challenged& challenged) {
  const auto at = clients_.find(challenged.peer);
  if (at == clients_.end()) return {};
  auto headers = at->second.authorize(challenged.response, challenged.method, challenged.request_uri, challenged.body);
  if (headers.empty())
    log::warning(element_, "trunk {} wants credentials: {} (run 'ringwall trunk secret {}')", challenged.peer,
                 at->second.trouble(), challenged.peer);
  return headers;
}

}  // namespace ringwall::call
