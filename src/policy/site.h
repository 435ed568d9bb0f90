#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.h"
#include "base/result.h"
#include "base/time.h"
#include "policy/phones.h"

/// The typed configuration of a site (`ringwall.toml`) and the pure rules over it.
namespace ringwall::policy {

enum class ElementKind : std::uint8_t {
  edge,
  call_server,
  voice_browser,
  call_manager,
  voicemail,
  remote_edge,
  authority,
  desktop
};

std::string_view print(ElementKind kind);  ///< "call-server"
std::optional<ElementKind> parse_element_kind(std::string_view text);

struct Element {
  std::string name;  ///< "edge"; its host name is <name>.<domain>
  ElementKind kind = ElementKind::edge;
  std::string address;  ///< IP address of its listeners and media
  std::uint16_t sip_port = 5061;
  std::string host;                 ///< "edge.ringwall.test"
  std::uint16_t clear_port = 5060;  ///< UDP and TCP; opened only if a trunk with a waiver needs it
};

enum class Mode : std::uint8_t { encrypted, clear };  ///< clear exists only by a waiver

/// How the audio's addresses are found: by signalling and authenticated packets, by answering connectivity checks, or
/// by sending them too (RFC 8445).
enum class Ice : std::uint8_t { off, lite, full };

/// What a trunk or phone must be.
struct SecurityProfile {
  std::string name;
  Mode mode = Mode::encrypted;
  std::string tls_minimum = "1.2";
  std::string tls_maximum = "1.3";
  std::vector<std::string> ciphers;  ///< TLS 1.2 names and TLS 1.3 suites as OpenSSL writes them; empty: our list
  std::vector<std::string> groups;   ///< key exchange groups in order ("X25519", "P-256"); empty: our list
  std::vector<std::string> suites;   ///< SRTP suites in order
  std::vector<std::string> codecs;   ///< in order: "opus", "G722", "PCMU", "PCMA", "L16"; "CN" for comfort noise
  /// "sdes", "dtls": how the keys of SRTP are agreed on. An offer uses the first, an answer takes any of them.
  std::vector<std::string> key_exchange;
  Ice ice = Ice::off;
  std::string waiver;                ///< name of the waiver that a clear mode needs
  bool digest = false;               ///< a phone may come without certificate: it is challenged then (RFC 8760)
  bool md5 = false;                  ///< MD5 is asked for (last) and answered too; else SHA-256 and SHA-512-256 alone
  bool asserted_identity = true;     ///< phones of it are in the trust domain (RFC 3325): told who calls
  std::vector<std::string> methods;  ///< that it may send; empty: all that the element takes. Others get 403
};

struct Waiver {
  std::string name;
  std::string reason;
  WallTime until{};  ///< the first second at which it no longer holds
};

/// Where calls to a trunk go: an IP address, or a name to look up (RFC 3263).
struct TrunkTarget {
  std::string host;
  std::uint16_t port = 0;  ///< 0: a name that is looked up by NAPTR and SRV too; an address always has one
  [[nodiscard]] std::string text() const;
};

struct Trunk {
  std::string name;
  std::string element;                 ///< the element that owns it
  std::vector<std::string> names;      ///< expected certificate names (RFC 5922); any one suffices
  std::filesystem::path anchors;       ///< PEM bundle of its trust anchors; empty: the site's own root
  std::vector<std::string> addresses;  ///< source addresses (a clear trunk has no other identity); may be empty for TLS
  std::vector<TrunkTarget> targets;    ///< where calls to it go, tried in this order
  std::string profile;
  bool trusted_identity = false;  ///< is in our trust domain (RFC 3325): believed, and told who wants to stay private
  std::string user;               ///< as the carrier knows us, where it asks for digest credentials
  std::filesystem::path digest;   ///< file of the secrets for them (policy/digest_file.h); empty: none
};

struct DialPeer {
  std::string name;
  std::string element;
  std::string pattern;  ///< digits, '.' any digit, 'T' any number of further digits
  std::string target;   ///< an element, a trunk or a server group
};

/// One way to reach a server group (RFC 2782: lower priority first; among equals, by weight).
struct ServerGroupMember {
  std::string target;  ///< the element or trunk whose names, anchors and profile hold for it
  std::string host;    ///< address, or name to look up (RFC 3263); empty: the target's own
  std::uint16_t port = 0;
  unsigned priority = 10;
  unsigned weight = 10;
  std::string site;  ///< for people: where it stands
};

/// How members are watched over the transport that calls to them take.
struct Heartbeat {
  bool enabled = true;
  unsigned failures = 1;                          ///< 1-5 in a row make a member unreachable
  std::chrono::milliseconds timeout{500};         ///< 100-3000
  std::chrono::milliseconds up_interval{5000};    ///< 5000-3600000; 0: reachable members are not asked
  std::chrono::milliseconds down_interval{5000};  ///< 5000-3600000; 0: unreachable members are not asked
  std::string method = "OPTIONS";                 ///< or "PING"
  std::string host;                               ///< in the Request-URI of the OPTIONS; empty: the member's own
};

struct ServerGroup {
  std::string name;
  std::string element;  ///< that uses it
  std::vector<ServerGroupMember> members;
  Heartbeat heartbeat;
  std::vector<int> overload_codes{503, 480, 600};  ///< answers to a call after which the next member is tried
};

struct Agent {
  std::string id;  ///< "1001"
  std::string name;
  std::string line;
  std::vector<std::string> skill_groups;
};

struct SkillGroup {
  std::string name;
  std::chrono::seconds ring_time{20};  ///< ring-no-answer
  std::chrono::seconds wrap_up{0};
};

/// What the call server does with a dialled number.
struct Service {
  std::string number;        ///< "6016"
  std::string script;        ///< VoiceXML file of the greeting
  std::string queue_script;  ///< VoiceXML file while waiting
  std::string skill_group;
};

/// How `ringwall verify` calls the site. It has a number and an agent of its own, so that a proof never rings a person.
struct Verify {
  std::string trunk;   ///< the test caller comes in here, under the first of its names
  std::string number;  ///< of a service
  std::string agent;
  std::string caller_address;  ///< where the test caller and the test phone have their sockets
  std::string phone_address;
};

/// `[sip]`: what holds for all SIP elements of the site.
struct Sip {
  std::chrono::seconds session_interval{1800};  ///< RFC 4028; 0: no session timers of our own
  std::chrono::seconds session_minimum{90};
  std::uint16_t wss_port = 0;              ///< SIP over secure WebSocket at the call manager; 0: none
  std::string wss_path;                    ///< of its URL; empty: any
  std::vector<std::string> wss_origins;    ///< pages that may open one ("https://agents.example.com"); empty: any
  std::vector<NetAddress> name_servers;    ///< empty: the system's
  std::size_t requests_per_second = 0;     ///< per source; 0: the built-in limit
  std::chrono::seconds block_time{300};    ///< for a source that scans or floods
  std::vector<std::string> never_blocked;  ///< addresses
};

/// `[recording]`: which calls through the edge are recorded.
struct Recording {
  bool enabled = false;
  std::chrono::days retention{0};     ///< after which a recording is erased; 0: never
  std::string announce;               ///< prompt that the caller hears first (in prompts/); empty: none
  std::vector<std::string> services;  ///< numbers; with trunks and lines empty too: every call is recorded
  std::vector<std::string> trunks;
  std::vector<std::string> lines;
};

struct Site {
  std::filesystem::path folder;
  std::string name;
  std::string domain;
  std::string tls_minimum = "1.2";
  std::string store =
      "sqlite";  ///< "sqlite" (store/site.db), or the path of the file that holds a PostgreSQL connection string
  std::uint16_t media_port_low = 16384, media_port_high = 32767;
  std::size_t media_threads = 1;
  std::vector<Element> elements;
  std::vector<SecurityProfile> profiles;
  std::vector<Waiver> waivers;
  std::vector<Trunk> trunks;
  std::vector<DialPeer> dial_peers;
  std::vector<ServerGroup> server_groups;
  Sip sip;
  Phones phones;
  std::vector<Agent> agents;
  std::vector<SkillGroup> skill_groups;
  std::vector<Service> services;
  std::optional<Verify> verify;
  Recording recording;

  [[nodiscard]] const Element* element(std::string_view element_name) const;
  [[nodiscard]] const Element* element_of_kind(ElementKind kind) const;
  [[nodiscard]] const Trunk* trunk(std::string_view trunk_name) const;
  [[nodiscard]] const ServerGroup* server_group(std::string_view group_name) const;
  [[nodiscard]] const SecurityProfile* profile(std::string_view profile_name) const;
  [[nodiscard]] const Waiver* waiver(std::string_view waiver_name) const;
  [[nodiscard]] const Phone* phone(std::string_view phone_name) const;  ///< by certificate name
  [[nodiscard]] const Phone* phone_of_line(std::string_view line) const;
  [[nodiscard]] const SkillGroup* skill_group(std::string_view group_name) const;
  [[nodiscard]] const Service* service(std::string_view number) const;
};

/// Name of the profile that every site has without writing it: encrypted, the site's TLS minimum, all six suites.
inline constexpr std::string_view site_profile = "site";

enum class Severity : std::uint8_t { error, warning };  ///< a warning does not keep the site from running

/// One mistake in the configuration.
struct Finding {
  std::string file;
  std::size_t line = 0, column = 0;
  std::string what, mend;
  Severity severity = Severity::error;
  [[nodiscard]] std::string text() const;  ///< "ringwall.toml:12:8: what (mend)"
};

struct Loaded {
  Site site;
  std::vector<Finding> findings;  ///< empty: the configuration is good
  /// True if no finding is an error: the site may run with it.
  [[nodiscard]] bool usable() const;
};

/// Reads <folder>/ringwall.toml (and include.d/*.toml beside it). All findings are collected; none stops the reading.
/// `now` decides which waivers have ended.
Loaded load(const std::filesystem::path& folder, WallTime now);

}  // namespace ringwall::policy
