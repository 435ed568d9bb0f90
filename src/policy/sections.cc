#include "policy/sections.h"

#include "base/text.h"
#include "policy/read_recording.h"
#include "policy/read_server_group.h"
#include "policy/read_sip.h"
#include "policy/table_reader.h"

namespace ringwall::policy {
namespace {

void read_site(TableReader& in, Site& site) {
  in.text("name", site.name);
  in.text("domain", site.domain);
  site.domain = to_lower(site.domain);
  in.text("tls_minimum", site.tls_minimum, Need::optional);
}

void read_store(TableReader& in, Site& site) {
  std::string kind = "sqlite", connection_file;
  in.text("kind", kind);
  in.text("connection_file", connection_file, Need::optional);
  if (kind == "postgresql") {
    if (connection_file.empty())
      in.draft().error(in.place("kind"), "the store has no 'connection_file'",
                       "write connection_file = \"secrets/store.conninfo\": a file that holds the connection string");
    else
      site.store = connection_file;
  } else if (kind != "sqlite") {
    in.draft().error(in.place("kind"), fmt::format("there is no store of kind '{}'", kind),
                     "write \"sqlite\" or \"postgresql\"");
  }
}

void read_media(TableReader& in, Site& site) {
  in.number("port_low", site.media_port_low, 1024, 65535);
  in.number("port_high", site.media_port_high, 1024, 65535);
  in.number("threads", site.media_threads, 1, 64);
}

void read_element(TableReader& in, Site& site) {
  Element element;
  std::string kind;
  in.text("name", element.name);
  element.name = to_lower(element.name);
  in.text("kind", kind);
  in.text("address", element.address);
  in.number("sip_port", element.sip_port, 1, 65535);
  in.number("clear_port", element.clear_port, 1, 65535);
  if (const auto known = parse_element_kind(kind)) {
    element.kind = *known;
    site.elements.push_back(std::move(element));
  } else if (!kind.empty()) {
    in.draft().error(in.place("kind"), fmt::format("there is no element of kind '{}'", kind),
                     "write edge, call-server, voice-browser or call-manager");
  }
}

void read_profile(TableReader& in, Site& site) {
  SecurityProfile profile;
  std::string mode = "encrypted", ice = "off";
  in.text("name", profile.name);
  in.text("mode", mode, Need::optional);
  in.text("tls_minimum", profile.tls_minimum, Need::optional);
  in.text("tls_maximum", profile.tls_maximum, Need::optional);
  in.texts("ciphers", profile.ciphers, Need::optional);
  in.texts("groups", profile.groups, Need::optional);
  in.texts("suites", profile.suites, Need::optional);
  in.texts("codecs", profile.codecs, Need::optional);
  in.texts("key_exchange", profile.key_exchange, Need::optional);
  in.text("ice", ice, Need::optional);
  in.text("waiver", profile.waiver, Need::optional);
  in.flag("digest", profile.digest);
  in.flag("md5", profile.md5);
  in.flag("asserted_identity", profile.asserted_identity);
  if (mode == "clear")
    profile.mode = Mode::clear;
  else if (mode != "encrypted")
    in.draft().error(in.place("mode"), fmt::format("there is no mode '{}'", mode), "write \"encrypted\" or \"clear\"");
  if (ice == "lite")
    profile.ice = Ice::lite;
  else if (ice == "full")
    profile.ice = Ice::full;
  else if (ice != "off")
    in.draft().error(in.place("ice"), fmt::format("there is no ICE '{}'", ice), "write \"off\", \"lite\" or \"full\"");
  if (!in.has("tls_minimum")) profile.tls_minimum.clear();  // the site's, once every file is read
  site.profiles.push_back(std::move(profile));
}

void read_waiver(TableReader& in, Site& site) {
  Waiver waiver;
  in.text("name", waiver.name);
  in.text("reason", waiver.reason);
  in.wall_time("until", waiver.until);
  site.waivers.push_back(std::move(waiver));
}

/// A file below the site's folder, or anywhere by its whole path.
void read_path(TableReader& in, std::string_view key, std::filesystem::path& out, const Site& site) {
  std::string path;
  in.text(key, path, Need::optional);
  if (!path.empty()) out = site.folder / path;
}

void read_trunk(TableReader& in, Site& site) {
  Trunk trunk;
  std::vector<std::string> targets;
  std::string anchors;
  in.text("name", trunk.name);
  in.text("element", trunk.element);
  in.texts("names", trunk.names, Need::optional);
  in.text("anchors", anchors, Need::optional);
  in.texts("addresses", trunk.addresses, Need::optional);
  in.texts("targets", targets, Need::optional);
  in.text("profile", trunk.profile, Need::optional);
  for (std::string& name : trunk.names)
    name = to_lower(name);
  if (trunk.profile.empty()) trunk.profile = site_profile;
  if (!anchors.empty()) trunk.anchors = site.folder / anchors;
  in.flag("trusted_identity", trunk.trusted_identity);
  in.text("user", trunk.user, Need::optional);
  read_path(in, "digest", trunk.digest, site);
  for (const std::string& target : targets) {
    if (auto read = read_target(target))
      trunk.targets.push_back(std::move(*read));
    else
      in.draft().error(in.place("targets"), read.error().what, read.error().mend);
  }
  site.trunks.push_back(std::move(trunk));
}

void read_dial_peer(TableReader& in, Site& site) {
  DialPeer peer;
  in.text("name", peer.name);
  in.text("element", peer.element);
  in.text("pattern", peer.pattern);
  in.text("target", peer.target);
  site.dial_peers.push_back(std::move(peer));
}

void read_phone(TableReader& in, Site& site) {
  Phone phone;
  in.text("name", phone.name);
  phone.name = to_lower(phone.name);
  in.text("line", phone.line);
  in.text("profile", phone.profile, Need::optional);
  read_path(in, "digest", phone.digest, site);
  if (phone.profile.empty()) phone.profile = site_profile;
  site.phones.push_back(std::move(phone));
}

void read_agent(TableReader& in, Site& site) {
  Agent agent;
  in.text("id", agent.id);
  in.text("name", agent.name);
  in.text("line", agent.line);
  in.texts("skill_groups", agent.skill_groups);
  site.agents.push_back(std::move(agent));
}

void read_skill_group(TableReader& in, Site& site) {
  SkillGroup group;
  in.text("name", group.name);
  in.seconds("ring_time", group.ring_time, 300);
  in.seconds("wrap_up", group.wrap_up, 7'200);
  if (group.ring_time.count() == 0) {
    in.draft().error(in.place("ring_time"), "'ring_time' is 0: no agent could answer", "write seconds from 1 to 300");
    group.ring_time = SkillGroup{}.ring_time;
  }
  site.skill_groups.push_back(std::move(group));
}

void read_service(TableReader& in, Site& site) {
  Service service;
  in.text("number", service.number);
  in.text("script", service.script);
  in.text("queue_script", service.queue_script);
  in.text("skill_group", service.skill_group);
  site.services.push_back(std::move(service));
}

void read_verify(TableReader& in, Site& site) {
  Verify verify;
  in.text("trunk", verify.trunk);
  in.text("number", verify.number);
  in.text("agent", verify.agent);
  in.text("caller_address", verify.caller_address);
  in.text("phone_address", verify.phone_address);
  site.verify = std::move(verify);
}

struct Section {
  std::string_view key;
  std::string_view what;  ///< for people
  void (*read)(TableReader&, Site&);
  bool repeats;  ///< [[x]] rather than [x]
};

constexpr Section sections[] = {
    {"site", "site", read_site, false},
    {"store", "store", read_store, false},
    {"media", "media section", read_media, false},
    {"sip", "sip section", read_sip, false},
    {"element", "element", read_element, true},
    {"profile", "security profile", read_profile, true},
    {"waiver", "waiver", read_waiver, true},
    {"trunk", "trunk", read_trunk, true},
    {"dial_peer", "dial peer", read_dial_peer, true},
    {"server_group", "server group", read_server_group, true},
    {"phone", "phone", read_phone, true},
    {"agent", "agent", read_agent, true},
    {"skill_group", "skill group", read_skill_group, true},
    {"service", "service", read_service, true},
    {"verify", "verify section", read_verify, false},
    {"recording", "recording section", read_recording, false},
};

void read_table(const Section& section, const toml::table& table, std::size_t index, const std::string& label,
                Draft& draft) {
  TableReader in(table, fmt::format("{}.{}", section.key, index), std::string(section.what), label, draft);
  section.read(in, draft.site);
  in.finish();
}

/// How many tables of a kind the site holds: the index of the next one, so that `places` follows the site's vectors.
std::size_t count(const Section& section, const Site& site) {
  if (section.key == "element") return site.elements.size();
  if (section.key == "profile") return site.profiles.size();
  if (section.key == "waiver") return site.waivers.size();
  if (section.key == "trunk") return site.trunks.size();
  if (section.key == "dial_peer") return site.dial_peers.size();
  if (section.key == "server_group") return site.server_groups.size();
  if (section.key == "phone") return site.phones.size();
  if (section.key == "agent") return site.agents.size();
  if (section.key == "skill_group") return site.skill_groups.size();
  return site.services.size();
}

void read_once(const Section& section, const toml::node& node, const Place& place, const std::string& label,
               Draft& draft) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    return draft.error(place, fmt::format("'{}' is not one table", section.key),
                       fmt::format("write [{}]", section.key));
  if (draft.places.contains(fmt::format("{}.0", section.key)))
    return draft.error(place, fmt::format("[{}] stands in another file already", section.key), "keep one of the two");
  read_table(section, *table, 0, label, draft);
}

void read_list(const Section& section, const toml::node& node, const Place& place, const std::string& label,
               Draft& draft) {
  const toml::array* list = node.as_array();
  if (list == nullptr)
    return draft.error(place, fmt::format("'{}' is not a list of tables", section.key),
                       fmt::format("write [[{}]]", section.key));
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (const toml::table* table = list->get(i)->as_table())
      read_table(section, *table, count(section, draft.site), label, draft);
    else
      draft.error(place, fmt::format("an entry of '{}' is not a table", section.key),
                  fmt::format("write [[{}]]", section.key));
  }
}

}  // namespace

void read_sections(const toml::table& root, const std::string& label, Draft& draft) {
  std::vector<std::string_view> known;
  for (const Section& section : sections) {
    known.push_back(section.key);
    const toml::node* node = root.get(section.key);
    if (node == nullptr) continue;
    const auto at = node->source().begin;
    const Place place{label, at.line, at.column};
    section.repeats ? read_list(section, *node, place, label, draft) : read_once(section, *node, place, label, draft);
  }
  report_unknown_keys(root, known, "configuration", label, draft);
}

}  // namespace ringwall::policy
