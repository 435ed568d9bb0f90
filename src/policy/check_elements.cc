#include <algorithm>
#include <array>
#include <map>

#include "policy/rules.h"

namespace ringwall::policy {
namespace {

constexpr std::array needed = {ElementKind::edge, ElementKind::call_server, ElementKind::voice_browser,
                               ElementKind::call_manager};

bool is_needed(ElementKind kind) {
  return std::ranges::find(needed, kind) != needed.end();
}

/// The address as the kernel prints it, or nothing.
std::optional<std::string> canonical(std::string_view ip) {
  const auto parsed = parse_net_address(ip, 1);
  if (!parsed || parsed->port != 1) return std::nullopt;
  return parsed->ip;
}

void canonicalize(Draft& draft, std::string& ip, const Place& place) {
  if (ip.empty()) return;
  if (auto good = canonical(ip)) {
    ip = std::move(*good);
  } else {
    draft.error(place, fmt::format("'{}' is not an IP address", ip),
                "write it as 192.0.2.1 or 2001:db8::1, without a port");
  }
}

void check_kinds(Draft& draft) {
  std::map<ElementKind, std::size_t> seen;
  for (std::size_t i = 0; i < draft.site.elements.size(); ++i) {
    const ElementKind kind = draft.site.elements[i].kind;
    const Place place = draft.place("element", i, "kind");
    if (!is_needed(kind))
      draft.error(place, fmt::format("this version of ringwall has no {} element", print(kind)), "remove the element");
    if (const auto [first, fresh] = seen.try_emplace(kind, i); !fresh)
      draft.error(place, fmt::format("a second element of kind {}", print(kind)),
                  fmt::format("'{}' is one already: keep one of them", draft.site.elements[first->second].name));
  }
  for (const ElementKind kind : needed)
    if (!seen.contains(kind))
      draft.error({"ringwall.toml", 0, 0}, fmt::format("the site has no {} element", print(kind)),
                  fmt::format("write an [[element]] with kind = \"{}\"", print(kind)));
}

void check_ports(Draft& draft) {
  std::map<NetAddress, std::size_t> seen;
  for (std::size_t i = 0; i < draft.site.elements.size(); ++i) {
    const Element& element = draft.site.elements[i];
    if (element.address.empty()) continue;
    const NetAddress address{element.address, element.sip_port};
    if (const auto [first, fresh] = seen.try_emplace(address, i); !fresh)
      draft.error(draft.place("element", i, "address"), fmt::format("{} is used twice", address.text()),
                  fmt::format("element '{}' listens there: choose another address or port",
                              draft.site.elements[first->second].name));
    if (element.clear_port == element.sip_port)
      draft.error(draft.place("element", i, "clear_port"), "'clear_port' is the port for TLS as well",
                  "choose another clear_port");
  }
}

void check_media(Draft& draft) {
  const Site& site = draft.site;
  if (site.media_port_low >= site.media_port_high)
    draft.error(draft.place("media", "port_low"),
                fmt::format("the media ports go from {} to {}", site.media_port_low, site.media_port_high),
                "write the lower one as port_low, the higher one as port_high");
  else if (site.media_port_low % 2 != 0 || site.media_port_high % 2 == 0)
    draft.error(
        draft.place("media", "port_low"),
        fmt::format("the media ports {} to {} do not make pairs", site.media_port_low, site.media_port_high),
        "begin with an even port and end with an odd one: RTP takes the even, RTCP the next (RFC 3550 section 11)");
}

/// Two clear trunks of one element with one address would be one peer with two names.
void check_trunk_addresses(Draft& draft) {
  std::map<std::pair<std::string, std::string>, std::string> seen;
  for (std::size_t i = 0; i < draft.site.trunks.size(); ++i) {
    Trunk& trunk = draft.site.trunks[i];
    const SecurityProfile* profile = draft.site.profile(trunk.profile);
    for (std::size_t k = 0; k < trunk.addresses.size(); ++k) {
      const Place place = draft.place("trunk", i, fmt::format("addresses.{}", k));
      canonicalize(draft, trunk.addresses[k], place);
      if (profile == nullptr || profile->mode != Mode::clear) continue;
      const auto [first, fresh] = seen.try_emplace({trunk.element, trunk.addresses[k]}, trunk.name);
      if (!fresh)
        draft.error(
            place, fmt::format("{} is used twice", trunk.addresses[k]),
            fmt::format("clear trunk '{}' has it already: an address is all that tells them apart", first->second));
    }
  }
}

}  // namespace

void check_elements(Draft& draft) {
  for (std::size_t i = 0; i < draft.site.elements.size(); ++i)
    canonicalize(draft, draft.site.elements[i].address, draft.place("element", i, "address"));
  if (auto& verify = draft.site.verify) {
    canonicalize(draft, verify->caller_address, draft.place("verify", "caller_address"));
    canonicalize(draft, verify->phone_address, draft.place("verify", "phone_address"));
  }
  check_kinds(draft);
  check_ports(draft);
  check_media(draft);
  check_trunk_addresses(draft);
}

}  // namespace ringwall::policy
