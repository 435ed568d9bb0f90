#include "policy/admission.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "policy/tls_names.h"
#include "policy/waivers.h"

namespace ringwall::policy {
namespace {

using Answer = std::expected<Admitted, Refusal>;

bool holds(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::any_of(list, [&](const std::string& entry) { return equals_ignoring_case(entry, wanted); });
}

bool is_clear(const Site& site, const Trunk& trunk) {
  const SecurityProfile* profile = site.profile(trunk.profile);
  return profile != nullptr && profile->mode == Mode::clear;
}

Answer refuse(std::string warning, std::string reason, std::string mend) {
  return std::unexpected(Refusal{403, std::move(warning), std::move(reason), std::move(mend)});
}

Answer admit_as(const Site& site, PeerKind kind, const std::string& name, std::string_view profile_name) {
  const SecurityProfile* profile = site.profile(profile_name);
  if (profile == nullptr)
    return refuse("The security profile is not known",
                  fmt::format("'{}' has no security profile '{}'", name, profile_name), "run 'ringwall check'");
  return Admitted{kind, name, *profile, profile->mode == Mode::clear ? profile->waiver : std::string()};
}

/// A clear trunk, if its waiver holds.
Answer admit_clear_trunk(const Site& site, const Trunk& trunk, WallTime now) {
  const SecurityProfile* profile = site.profile(trunk.profile);
  if (profile == nullptr || site.waiver(profile->waiver) == nullptr)
    return refuse("Clear signalling needs a waiver", fmt::format("trunk '{}' is clear and has no waiver", trunk.name),
                  "run 'ringwall check'");
  const Waiver& waiver = *site.waiver(profile->waiver);
  if (!in_force(site, waiver.name, now))
    return refuse("The waiver for clear signalling has ended",
                  fmt::format("trunk '{}' is clear and its waiver '{}' ended at {}", trunk.name, waiver.name,
                              print_wall_time(waiver.until)),
                  fmt::format("encrypt trunk '{}', or set a new end date for waiver '{}'", trunk.name, waiver.name));
  return admit_as(site, PeerKind::trunk, trunk.name, trunk.profile);
}

Answer admit_clear(const Site& site, const Element& element, const Presented& presented, WallTime now) {
  const Trunk* secure = nullptr;
  for (const Trunk& trunk : site.trunks) {
    if (trunk.element != element.name || !holds(trunk.addresses, presented.remote_ip)) continue;
    if (is_clear(site, trunk)) return admit_clear_trunk(site, trunk, now);
    secure = &trunk;
  }
  if (secure != nullptr)
    return refuse("This trunk takes TLS only",
                  fmt::format("{} belongs to trunk '{}', which must use TLS, and came without it", presented.remote_ip,
                              secure->name),
                  "let the peer use TLS, or write a waiver for it");
  return refuse("No trunk for this address",
                fmt::format("no trunk of element '{}' has the address {}", element.name, presented.remote_ip),
                "write a [[trunk]] with this address, a clear profile and a waiver; or let the peer use TLS");
}

std::optional<Admitted> find_internal(const Site& site, const Element& element, const Presented& presented) {
  for (const Element& other : site.elements)
    if (holds(presented.names, other.host)) {
      const auto admitted = admit_as(site, PeerKind::element, other.name, site_profile);
      return admitted ? std::optional(*admitted) : std::nullopt;
    }
  if (element.kind != ElementKind::call_manager && element.kind != ElementKind::remote_edge) return std::nullopt;
  for (const std::string& name : presented.names)
    if (const Phone* phone = site.phone(to_lower(name))) {
      const auto admitted = admit_as(site, PeerKind::phone, phone->name, phone->profile);
      return admitted ? std::optional(*admitted) : std::nullopt;
    }
  return std::nullopt;
}

/// What stands in the way of a peer whose name is a trunk's; nothing if it is the trunk.
std::optional<Refusal> obstacle(const Anchors& anchors, const Trunk& trunk, const Presented& presented) {
  if (!holds(anchors.of(trunk), presented.anchor))
    return Refusal{
        403, "The certificate is not from an authority of this trunk",
        fmt::format("{} shows the name of trunk '{}', but its certificate ends at an anchor that is not this "
                    "trunk's (SHA-256 {})",
                    presented.remote_ip, trunk.name, presented.anchor),
        fmt::format("if this peer is genuine, add its authority to the anchors of trunk '{}'", trunk.name)};
  if (!trunk.addresses.empty() && !holds(trunk.addresses, presented.remote_ip))
    return Refusal{
        403, "This trunk does not come from this address",
        fmt::format("trunk '{}' came from {}, which is none of its addresses", trunk.name, presented.remote_ip),
        fmt::format("add the address to trunk '{}', or remove its addresses", trunk.name)};
  return std::nullopt;
}

/// Why a verified peer is nobody here.
Answer refuse_stranger(const Site& site, const Anchors& anchors, const Element& element, const Presented& presented) {
  const std::string names = fmt::format("{}", fmt::join(presented.names, ", "));
  bool known = holds(anchors.site, presented.anchor);
  for (const Trunk& trunk : site.trunks)
    known = known || holds(anchors.of(trunk), presented.anchor);
  if (!known)
    return refuse(
        "The certificate is from an unknown authority",
        fmt::format("{} shows {}, whose certificate ends at no anchor of this site", presented.remote_ip, names),
        "add the authority to the anchors of the trunk it is meant for");
  return refuse("The certificate's name is no trunk's",
                fmt::format("{} shows a good certificate for {}, which is no trunk of element '{}'",
                            presented.remote_ip, names, element.name),
                fmt::format("if it is to call, add the name to a trunk of element '{}'", element.name));
}

/// A listener knows its peer only after the handshake: a profile's own minimum is held against the version here.
std::string_view version_of(const Presented& presented) {
  constexpr std::string_view before = "TLSv";
  const std::string_view version = presented.tls_version;
  return version.starts_with(before) ? version.substr(before.size()) : "1.2";
}

Answer admit_secure(const Site& site, const Anchors& anchors, const Element& element, const Presented& presented) {
  if (presented.names.empty() && presented.anchor.empty() && takes_digest(site, element))
    return admit_as(site, PeerKind::unproven, "", site_profile);
  if (presented.names.empty())
    return refuse("A client certificate is required",
                  fmt::format("{} shows no certificate with a name", presented.remote_ip),
                  "give the peer a certificate with its host name as subjectAltName: 'ringwall pki issue'");
  if (holds(anchors.site, presented.anchor))
    if (auto internal = find_internal(site, element, presented)) return std::move(*internal);
  std::optional<Refusal> first;
  for (const Trunk& trunk : site.trunks) {
    if (trunk.element != element.name || is_clear(site, trunk)) continue;
    if (std::ranges::none_of(trunk.names, [&](const std::string& name) { return holds(presented.names, name); }))
      continue;
    auto trouble = obstacle(anchors, trunk, presented);
    if (!trouble) return admit_as(site, PeerKind::trunk, trunk.name, trunk.profile);
    if (!first) first = std::move(trouble);
  }
  if (first) return std::unexpected(std::move(*first));
  return refuse_stranger(site, anchors, element, presented);
}

Answer refuse_tls(const Admitted& peer, std::string_view needed, std::string_view came, std::string_view key) {
  return refuse(
      fmt::format("{} is required", needed),
      fmt::format("'{}' came with {}, and its profile '{}' asks for {}", peer.name, came, peer.profile.name, needed),
      fmt::format("change it at the peer, or {} of profile '{}'", key, peer.profile.name));
}

/// What the handshake agreed on against what the profile allows.
Answer check_tls(Admitted peer, const Presented& presented) {
  const SecurityProfile& profile = peer.profile;
  const std::string_view version = version_of(presented);  // "1.2" < "1.3" as text
  if (version < profile.tls_minimum)
    return refuse_tls(peer, fmt::format("TLS {} or newer", profile.tls_minimum), fmt::format("TLS {}", version),
                      "tls_minimum");
  if (version > profile.tls_maximum)
    return refuse_tls(peer, fmt::format("TLS {} at most", profile.tls_maximum), fmt::format("TLS {}", version),
                      "tls_maximum");
  const auto allows = [&](const std::string& name) {
    const TlsCipher* cipher = find_tls_cipher(name);
    return cipher != nullptr && cipher->standard == presented.tls_cipher;
  };
  if (!profile.ciphers.empty() && !presented.tls_cipher.empty() && std::ranges::none_of(profile.ciphers, allows))
    return refuse_tls(peer, fmt::format("one of the ciphers {}", fmt::join(profile.ciphers, ", ")),
                      presented.tls_cipher, "ciphers");
  if (!profile.groups.empty() && !presented.tls_group.empty() && !holds(profile.groups, presented.tls_group))
    return refuse_tls(peer, fmt::format("one of the groups {}", fmt::join(profile.groups, ", ")), presented.tls_group,
                      "groups");
  return peer;
}

bool takes_digest(const Site& site, const Phone& phone) {
  const SecurityProfile* profile = phone.digest.empty() ? nullptr : site.profile(phone.profile);
  return profile != nullptr && profile->digest;
}

}  // namespace

std::string Refusal::warning_header(std::string_view host) const {
  std::string quoted;
  for (const char c : warning) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return fmt::format("399 {} \"{}\"", host, quoted);
}

std::expected<Admitted, Refusal> admit(const Site& site, const Anchors& anchors, const Element& element,
                                       const Presented& presented, WallTime now) {
  if (!presented.secure) return admit_clear(site, element, presented, now);
  auto answer = admit_secure(site, anchors, element, presented);
  return answer ? check_tls(std::move(*answer), presented) : answer;
}

bool takes_digest(const Site& site, const Element& element) {
  if (element.kind != ElementKind::call_manager || std::ranges::none_of(site.profiles, &SecurityProfile::digest))
    return false;
  return std::ranges::any_of(site.phones, [&](const Phone& phone) { return takes_digest(site, phone); });
}

const Phone* digest_phone(const Site& site, std::string_view line) {
  const Phone* phone = site.phone_of_line(line);
  return phone != nullptr && takes_digest(site, *phone) ? phone : nullptr;
}

std::expected<Admitted, Refusal> admit_proven(const Site& site, const Phone& phone, const Presented& presented) {
  auto answer = admit_as(site, PeerKind::phone, phone.name, phone.profile);
  return answer ? check_tls(std::move(*answer), presented) : answer;
}

std::expected<Admitted, Refusal> admit_outgoing(const Site& site, const Trunk& trunk, WallTime now) {
  return is_clear(site, trunk) ? admit_clear_trunk(site, trunk, now)
                               : admit_as(site, PeerKind::trunk, trunk.name, trunk.profile);
}

}  // namespace ringwall::policy
