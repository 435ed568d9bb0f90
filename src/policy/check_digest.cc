#include <algorithm>

#include "policy/digest_file.h"
#include "policy/rules.h"

namespace ringwall::policy {
namespace {

void check_profiles(Draft& draft) {
  for (std::size_t i = 0; i < draft.site.profiles.size(); ++i) {
    const SecurityProfile& profile = draft.site.profiles[i];
    if (profile.digest && profile.mode == Mode::clear)
      draft.error(draft.place("profile", i, "digest"),
                  fmt::format("profile '{}' is clear and asks for digest", profile.name),
                  "phones are never clear: remove digest, or write mode = \"encrypted\"");
    if (profile.digest && profile.name == site_profile)
      draft.error(draft.place("profile", i, "digest"), "the site's own profile asks for digest",
                  "give the phones without certificates a profile of their own");
  }
}

/// Whether some algorithm of the file may be used under this profile.
bool has_usable(const std::vector<DigestSecret>& secrets, const SecurityProfile& profile) {
  return std::ranges::any_of(
      secrets, [&](const DigestSecret& one) { return one.algorithm != crypto::DigestAlgorithm::md5 || profile.md5; });
}

void report(Draft& draft, const Place& place, const std::filesystem::path& file, const Error& error,
            const std::string& make) {
  std::error_code trouble;
  const bool missing = !std::filesystem::exists(file, trouble);
  draft.error(place, fmt::format("{}: {}", error.where.empty() ? file.string() : error.where, error.what),
              missing || error.mend.empty() ? make : error.mend);
}

void check_phone(Draft& draft, std::size_t index, const Phone& phone, const SecurityProfile& profile) {
  const Place place = draft.place("phone", index, "digest");
  if (!profile.digest) {
    if (!phone.digest.empty())
      draft.error(place, fmt::format("profile '{}' of phone '{}' asks for no digest", profile.name, phone.name),
                  "write digest = true in the profile, or remove the phone's digest");
    return;
  }
  const std::string make = fmt::format("run 'ringwall phone-device secret {}'", phone.line);
  if (phone.digest.empty())
    return draft.error(place, fmt::format("phone '{}' has no digest secrets", phone.name),
                       fmt::format("write digest = \"secrets/{}.digest\", and {}", phone.line, make));
  const auto secrets = read_digest_file(phone.digest);
  if (!secrets) return report(draft, place, phone.digest, secrets.error(), make);
  for (const DigestSecret& one : *secrets) {
    if (one.user == phone.line && one.realm == draft.site.domain) continue;
    return draft.error(place,
                       fmt::format("the digest secrets of phone '{}' are for user '{}' of realm '{}', not for '{}' of "
                                   "'{}'",
                                   phone.name, one.user, one.realm, phone.line, draft.site.domain),
                       make);
  }
  if (!has_usable(*secrets, profile))
    draft.error(
        place,
        fmt::format("phone '{}' has an MD5 secret only, and profile '{}' takes no MD5", phone.name, profile.name),
        "make secrets for SHA-256, or write md5 = true in the profile");
}

void check_trunk(Draft& draft, std::size_t index, const Trunk& trunk, const SecurityProfile& profile) {
  if (trunk.user.empty() && trunk.digest.empty()) return;
  const Place place = draft.place("trunk", index, trunk.digest.empty() ? "user" : "digest");
  const std::string make = fmt::format("run 'ringwall trunk secret {} --realm ...'", trunk.name);
  if (trunk.user.empty() || trunk.digest.empty())
    return draft.error(place, fmt::format("trunk '{}' needs both user and digest", trunk.name),
                       trunk.user.empty() ? "write user = \"...\": as the carrier knows us"
                                          : "write digest = \"secrets/....digest\": the file of its secrets");
  const auto secrets = read_digest_file(trunk.digest);
  if (!secrets) return report(draft, place, trunk.digest, secrets.error(), make);
  for (const DigestSecret& one : *secrets)
    if (one.user != trunk.user)
      return draft.error(place,
                         fmt::format("the digest secrets of trunk '{}' are for user '{}', not for '{}'", trunk.name,
                                     one.user, trunk.user),
                         make);
  if (!has_usable(*secrets, profile))
    draft.error(
        place,
        fmt::format("trunk '{}' has an MD5 secret only, and profile '{}' takes no MD5", trunk.name, profile.name),
        "make secrets for SHA-256, or write md5 = true in the profile");
}

}  // namespace

void check_digest(Draft& draft) {
  check_profiles(draft);
  const Site& site = draft.site;
  for (std::size_t i = 0; i < site.phones.size(); ++i)
    if (const auto* profile = site.profile(site.phones[i].profile)) check_phone(draft, i, site.phones[i], *profile);
  for (std::size_t i = 0; i < site.trunks.size(); ++i)
    if (const auto* profile = site.profile(site.trunks[i].profile)) check_trunk(draft, i, site.trunks[i], *profile);
}

}  // namespace ringwall::policy
