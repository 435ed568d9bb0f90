#include <algorithm>
#include <array>
#include <map>

#include "policy/rules.h"

namespace ringwall::policy {
namespace {

/// SDES suites by their names (RFC 4568, RFC 6188, RFC 7714), in the order in which they are preferred: AEAD first,
/// tags of 80 bits before those of 32.
constexpr std::array<std::string_view, 6> all_suites = {"AEAD_AES_256_GCM",        "AEAD_AES_128_GCM",
                                                        "AES_256_CM_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80",
                                                        "AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32"};

void check_suites(Draft& draft, std::size_t index, const SecurityProfile& profile) {
  for (std::size_t k = 0; k < profile.suites.size(); ++k) {
    const std::string& suite = profile.suites[k];
    const Place place = draft.place("profile", index, fmt::format("suites.{}", k));
    if (std::ranges::find(all_suites, suite) == all_suites.end()) {
      const std::string near = closest(suite, {all_suites.begin(), all_suites.end()});
      draft.error(place, fmt::format("there is no SRTP suite '{}'", suite),
                  near.empty() ? fmt::format("known are: {}", fmt::join(all_suites, ", "))
                               : fmt::format("did you mean '{}'?", near));
    } else if (std::find(profile.suites.begin(), profile.suites.begin() + static_cast<std::ptrdiff_t>(k), suite) !=
               profile.suites.begin() + static_cast<std::ptrdiff_t>(k)) {
      draft.error(place, fmt::format("suite '{}' stands twice", suite), "remove one of the two");
    }
  }
}

constexpr std::array<std::string_view, 6> all_codecs = {"opus", "G722", "PCMU", "PCMA", "L16", "CN"};
/// What every telephone speaks. Between two that agree on one of them no audio is ever converted.
constexpr std::array<std::string_view, 2> usual_codecs = {"PCMU", "PCMA"};

void check_codecs(Draft& draft, std::size_t index, SecurityProfile& profile) {
  std::size_t voices = 0;
  for (std::size_t k = 0; k < profile.codecs.size(); ++k) {
    const std::string& codec = profile.codecs[k];
    const Place place = draft.place("profile", index, fmt::format("codecs.{}", k));
    if (std::ranges::find(all_codecs, codec) == all_codecs.end())
      draft.error(place, fmt::format("there is no codec '{}'", codec),
                  fmt::format("known are: {}", fmt::join(all_codecs, ", ")));
    else if (std::find(profile.codecs.begin(), profile.codecs.begin() + static_cast<std::ptrdiff_t>(k), codec) !=
             profile.codecs.begin() + static_cast<std::ptrdiff_t>(k))
      draft.error(place, fmt::format("codec '{}' stands twice", codec), "remove one of the two");
    voices += codec != "CN";
  }
  if (voices == 0 && !profile.codecs.empty())
    draft.error(draft.place("profile", index, "codecs"), "CN alone carries no voice", "add \"PCMU\" or another codec");
  if (profile.codecs.empty()) profile.codecs.assign(usual_codecs.begin(), usual_codecs.end());
}

constexpr std::array<std::string_view, 2> all_key_exchanges = {"sdes", "dtls"};

/// DTLS knows no profile for AES_256_CM (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
bool suits_dtls(const std::string& suite) {
  return !suite.starts_with("AES_256_CM_");
}

void check_key_exchange(Draft& draft, std::size_t index, const SecurityProfile& profile) {
  const Place place = draft.place("profile", index, "key_exchange");
  for (std::size_t k = 0; k < profile.key_exchange.size(); ++k) {
    const std::string& name = profile.key_exchange[k];
    const Place word = draft.place("profile", index, fmt::format("key_exchange.{}", k));
    if (std::ranges::find(all_key_exchanges, name) == all_key_exchanges.end())
      draft.error(word, fmt::format("there is no key exchange '{}'", name), "write \"sdes\" or \"dtls\"");
    else if (std::find(profile.key_exchange.begin(), profile.key_exchange.begin() + static_cast<std::ptrdiff_t>(k),
                       name) != profile.key_exchange.begin() + static_cast<std::ptrdiff_t>(k))
      draft.error(word, fmt::format("key exchange '{}' stands twice", name), "remove one of the two");
  }
  if (profile.mode == Mode::clear && !profile.key_exchange.empty())
    draft.error(place, fmt::format("profile '{}' is clear and has no keys to exchange", profile.name),
                "remove key_exchange");
  if (std::ranges::find(profile.key_exchange, "dtls") != profile.key_exchange.end() && !profile.suites.empty() &&
      std::ranges::none_of(profile.suites, suits_dtls))
    draft.error(place, fmt::format("none of the suites of profile '{}' can be agreed on by DTLS", profile.name),
                "add an AEAD_AES or AES_CM_128 suite, or remove \"dtls\"");
}

void check_mode(Draft& draft, std::size_t index, const SecurityProfile& profile) {
  const Place place = draft.place("profile", index, "mode");
  if (profile.mode == Mode::clear && profile.waiver.empty())
    draft.error(place, fmt::format("profile '{}' is clear and names no waiver", profile.name),
                "write waiver = \"...\" and a [[waiver]] with a reason and an end date, or mode = \"encrypted\"");
  if (profile.mode == Mode::encrypted && !profile.waiver.empty())
    draft.error(draft.place("profile", index, "waiver"),
                fmt::format("profile '{}' is encrypted and needs no waiver", profile.name), "remove the waiver");
  if (profile.mode == Mode::clear && profile.name == site_profile)
    draft.error(place, "the site's own profile cannot be clear", "give the clear profile a name of its own");
}

void check_waivers(Draft& draft, WallTime now) {
  for (std::size_t i = 0; i < draft.site.waivers.size(); ++i) {
    const Waiver& waiver = draft.site.waivers[i];
    if (waiver.until == WallTime{} || waiver.until > now) continue;  // without a date: reported where it was read
    draft.warning(
        draft.place("waiver", i, "until"),
        fmt::format("waiver '{}' ended at {}: what needs it is refused", waiver.name, print_wall_time(waiver.until)),
        "encrypt what needs it and remove the waiver, or set a new end date");
  }
}

void check_encrypted_trunk(Draft& draft, std::size_t index, const Trunk& trunk) {
  if (trunk.names.empty())
    draft.error(draft.place("trunk", index, "names"), fmt::format("trunk '{}' expects no certificate name", trunk.name),
                "write names = [\"...\"]: the names in the peer's certificate, any one of which suffices");
  for (std::size_t k = 0; k < trunk.names.size(); ++k)
    if (!is_host_name(trunk.names[k]))
      draft.error(draft.place("trunk", index, fmt::format("names.{}", k)),
                  fmt::format("'{}' is no host name", trunk.names[k]),
                  "write it in full: SIP certificates are matched without wildcards (RFC 5922 section 7.2)");
}

void check_trunk(Draft& draft, std::size_t index, const Trunk& trunk) {
  const SecurityProfile* profile = draft.site.profile(trunk.profile);
  if (profile == nullptr) return;
  if (profile->mode == Mode::encrypted) return check_encrypted_trunk(draft, index, trunk);
  if (trunk.addresses.empty())
    draft.error(draft.place("trunk", index, "addresses"), fmt::format("clear trunk '{}' has no addresses", trunk.name),
                "write addresses = [\"192.0.2.1\"]: a clear peer is known by nothing else");
  if (!trunk.names.empty() || !trunk.anchors.empty())
    draft.error(draft.place("trunk", index, trunk.names.empty() ? "anchors" : "names"),
                fmt::format("clear trunk '{}' shows no certificate", trunk.name), "remove names and anchors");
}

/// One certificate name must not stand for two trunks of one element that trust the same anchors.
void check_trunk_names(Draft& draft) {
  std::map<std::array<std::string, 3>, std::string> seen;
  for (std::size_t i = 0; i < draft.site.trunks.size(); ++i) {
    const Trunk& trunk = draft.site.trunks[i];
    for (std::size_t k = 0; k < trunk.names.size(); ++k) {
      const auto [first, fresh] = seen.try_emplace({trunk.element, trunk.anchors.string(), trunk.names[k]}, trunk.name);
      if (!fresh)
        draft.error(draft.place("trunk", i, fmt::format("names.{}", k)),
                    fmt::format("certificate name '{}' is used twice", trunk.names[k]),
                    fmt::format("trunk '{}' expects it already", first->second));
    }
  }
}

}  // namespace

void check_security(Draft& draft, WallTime now) {
  Site& site = draft.site;
  for (std::size_t i = 0; i < site.profiles.size(); ++i) {
    SecurityProfile& profile = site.profiles[i];
    check_suites(draft, i, profile);
    check_codecs(draft, i, profile);
    check_mode(draft, i, profile);
    check_key_exchange(draft, i, profile);
    if (profile.suites.empty() && profile.mode == Mode::encrypted)
      profile.suites.assign(all_suites.begin(), all_suites.end());
    if (profile.key_exchange.empty() && profile.mode == Mode::encrypted)
      profile.key_exchange.assign(all_key_exchanges.begin(), all_key_exchanges.end());
  }
  check_waivers(draft, now);
  for (std::size_t i = 0; i < site.trunks.size(); ++i)
    check_trunk(draft, i, site.trunks[i]);
  check_trunk_names(draft);
  for (std::size_t i = 0; i < site.phones.size(); ++i)
    if (const auto* profile = site.profile(site.phones[i].profile); profile != nullptr && profile->mode == Mode::clear)
      draft.error(draft.place("phone", i, "profile"),
                  fmt::format("phone '{}' has a clear profile", site.phones[i].name),
                  "choose an encrypted one: a phone is known by its certificate");
}

}  // namespace ringwall::policy
