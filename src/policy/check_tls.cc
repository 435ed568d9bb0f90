#include <algorithm>

#include "base/text.h"
#include "policy/rules.h"
#include "policy/tls_names.h"

// What a security profile says of TLS: versions, cipher suites, groups.

namespace ringwall::policy {
namespace {

bool is_version(std::string_view version) {
  return version == "1.2" || version == "1.3";
}

void check_version(Draft& draft, const Place& place, std::string_view version) {
  if (is_version(version)) return;
  if (version == "1.0" || version == "1.1" || version.starts_with("SSL"))
    draft.error(place, fmt::format("TLS {} is below 1.2", version), "write \"1.2\" or \"1.3\" (RFC 8996)");
  else
    draft.error(place, fmt::format("there is no TLS version '{}'", version), "write \"1.2\" or \"1.3\"");
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string near = closest(name, known);
  return near.empty() ? fmt::format("known are: {}", fmt::join(known, ", ")) : fmt::format("did you mean '{}'?", near);
}

void check_known(Draft& draft, std::size_t index, std::string_view key, const std::vector<std::string>& names,
                 const std::vector<std::string_view>& known, std::string_view what) {
  for (std::size_t k = 0; k < names.size(); ++k) {
    const Place place = draft.place("profile", index, fmt::format("{}.{}", key, k));
    const auto same = [&](std::string_view other) { return equals_ignoring_case(other, names[k]); };
    if (std::ranges::none_of(known, same))
      draft.error(place, fmt::format("there is no {} '{}' with forward secrecy and AEAD", what, names[k]),
                  did_you_mean(names[k], known));
    else if (std::any_of(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(k), same))
      draft.error(place, fmt::format("'{}' stands twice", names[k]), "remove one of the two");
  }
}

/// Each version that the profile allows needs a cipher suite of its own.
void check_cipher_versions(Draft& draft, std::size_t index, const SecurityProfile& profile) {
  if (profile.ciphers.empty()) return;
  bool of_12 = false, of_13 = false;
  for (const std::string& name : profile.ciphers)
    if (const TlsCipher* cipher = find_tls_cipher(name)) (cipher->tls13 ? of_13 : of_12) = true;
  const Place place = draft.place("profile", index, "ciphers");
  if (profile.tls_maximum == "1.3" && !of_13)
    draft.error(place, "none of the ciphers is of TLS 1.3, which the profile allows",
                "add one such as \"TLS_AES_256_GCM_SHA384\", or write tls_maximum = \"1.2\"");
  if (profile.tls_minimum == "1.2" && !of_12)
    draft.error(place, "none of the ciphers is of TLS 1.2, which the profile allows",
                "add one such as \"ECDHE-ECDSA-AES256-GCM-SHA384\", or write tls_minimum = \"1.3\"");
}

void check_profile(Draft& draft, std::size_t index, const SecurityProfile& profile) {
  check_version(draft, draft.place("profile", index, "tls_maximum"), profile.tls_maximum);
  if (is_version(profile.tls_maximum) && is_version(profile.tls_minimum) && is_version(draft.site.tls_minimum) &&
      profile.tls_maximum < std::max(profile.tls_minimum, draft.site.tls_minimum))  // "1.2" < "1.3" as text
    draft.error(draft.place("profile", index, "tls_maximum"),
                fmt::format("the TLS maximum {} is below the minimum of the profile or site", profile.tls_maximum),
                "raise the maximum, or lower the minimum");
  std::vector<std::string_view> ciphers;
  for (const TlsCipher& cipher : tls_ciphers())
    ciphers.push_back(cipher.name);
  const auto groups = tls_groups();
  check_known(draft, index, "ciphers", profile.ciphers, ciphers, "cipher suite");
  check_known(draft, index, "groups", profile.groups, {groups.begin(), groups.end()}, "group");
  check_cipher_versions(draft, index, profile);
}

}  // namespace

void check_tls(Draft& draft) {
  Site& site = draft.site;
  check_version(draft, draft.place("site", "tls_minimum"), site.tls_minimum);
  for (std::size_t i = 0; i < site.profiles.size(); ++i) {
    SecurityProfile& profile = site.profiles[i];
    if (profile.tls_minimum.empty())
      profile.tls_minimum = site.tls_minimum;
    else
      check_version(draft, draft.place("profile", i, "tls_minimum"), profile.tls_minimum);
    check_profile(draft, i, profile);
  }
}

}  // namespace ringwall::policy
