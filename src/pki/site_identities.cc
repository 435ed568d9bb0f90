#include "pki/site_identities.h"

#include <set>

#include "pki/authority.h"
#include "pki/host_name.h"
#include "pki/identity.h"

namespace ringwall::pki {
namespace {

namespace fs = std::filesystem;

Result<Authority> open_or_create(const fs::path& pki, WallTime now) {
  std::error_code trouble;
  return fs::exists(pki / "anchors.pem", trouble) ? Authority::open(pki) : Authority::create(pki, now);
}

/// Whether the folder holds an identity for `name` that this authority issued and that can be used.
bool has_identity(const Authority& authority, const fs::path& folder, const std::string& name, crypto::Purpose purpose,
                  WallTime now) {
  const auto identity = load_identity(folder, purpose, now);
  return identity && identity->leaf().identifies(name) &&
         crypto::verify_chain(identity->chain, authority.anchors(), now, purpose);
}

Result<void> check_folders(const std::vector<std::string>& names) {
  std::set<std::string> folders;
  for (const auto& name : names) {
    TRY(const auto host, check_host_name(name));
    if (!folders.insert(first_label(host)).second)
      return fail(fmt::format("two names begin with '{}'", first_label(host)), {},
                  "give each element and each phone a first part of its own");
  }
  return {};
}

Result<void> complete(Authority& authority, const fs::path& folder, const std::string& name,
                      const std::vector<Use>& uses, WallTime now) {
  TRY(const auto host, check_host_name(name));
  IssueRequest request;
  request.name = host;
  request.out = folder / first_label(host);
  request.overwrite = true;
  request.uses.clear();
  for (const auto use : uses) {
    const auto purpose = use == Use::server ? crypto::Purpose::server : crypto::Purpose::client;
    if (!has_identity(authority, request.out, host, purpose, now)) request.uses.push_back(use);
  }
  if (request.uses.empty()) return {};
  TRY_VOID(authority.issue(request, now));
  return {};
}

}  // namespace

Result<void> make_site_identities(const fs::path& site, const std::vector<std::string>& element_hosts,
                                  const std::vector<std::string>& phone_names, WallTime now) {
  TRY_VOID(check_folders(element_hosts));
  TRY_VOID(check_folders(phone_names));
  const auto pki = site / "pki";
  TRY(auto authority, open_or_create(pki, now));
  for (const auto& host : element_hosts)
    TRY_VOID(complete(authority, pki / "elements", host, {Use::server, Use::client}, now));
  for (const auto& name : phone_names)
    TRY_VOID(complete(authority, pki / "phones", name, {Use::phone}, now));
  return {};
}

}  // namespace ringwall::pki
