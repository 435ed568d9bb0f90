#include "cli/show_tables.h"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include "cli/json_text.h"
#include "cli/table.h"

namespace ringwall::cli {
namespace {

using boost::json::value;

struct Column {
  const char* heading;
  const char* member;
};

/// A table of a list, one row per entry; `empty` is what stands there instead of an empty table.
template <std::size_t N>
std::string print_list(const value& answer, std::string_view member, const Column (&columns)[N],
                       std::string_view empty) {
  std::vector<std::string> heading;
  for (const Column& column : columns)
    heading.emplace_back(column.heading);
  Table table(heading);
  for (const value& entry : list_of(answer, member)) {
    std::vector<std::string> cells;
    for (const Column& column : columns)
      cells.push_back(text_of(entry, column.member));
    table.row(std::move(cells));
  }
  return table.empty() ? std::string(empty) + "\n" : table.text();
}

std::string date_of(const std::string& time) {
  return time.substr(0, 10);
}

std::string print_totals(const value& element) {
  const value totals = element.at("totals");
  return fmt::format(
      "  active {}, send failures {}, remote closures {}, connect failures {}, inactive ageouts {}\n"
      "  longest write queue {} bytes {}\n"
      "  TLS client handshake failures {}, TLS server handshake failures {}, refused by limit {}\n",
      text_of(totals, "active"), text_of(totals, "send_failures"), text_of(totals, "remote_closures"),
      text_of(totals, "connect_failures"), text_of(totals, "inactive_ageouts"), text_of(totals, "max_write_queue"),
      text_of(totals, "max_write_queue_peer"), text_of(totals, "client_handshake_failures"),
      text_of(totals, "server_handshake_failures"), text_of(totals, "refused_by_limit"));
}

/// What the handshake proved, e.g. "TLSv1.3 TLS_AES_256_GCM_SHA384:ECDSA x25519, edge.ringwall.test until 2027-02-19".
std::string print_security(const value& c) {
  const std::string transport = text_of(c, "transport");
  if (transport != "TLS" && transport != "WSS") return transport + " in clear";
  std::string out =
      fmt::format("{}{} {}:{} {}", transport == "WSS" ? "WSS over " : "", text_of(c, "tls", "version"),
                  text_of(c, "tls", "cipher"), text_of(c, "certificate_kind"), text_of(c, "tls", "group"));
  if (!text_of(c, "tls", "peer_names").empty())
    out += fmt::format(", {} until {}", text_of(c, "tls", "peer_names"), date_of(text_of(c, "tls", "peer_not_after")));
  return out + (text_of(c, "tls", "resumed") == "true" ? ", resumed" : "");
}

std::string print_element_connections(const value& element) {
  std::string out = text_of(element, "element") + "\n" + print_totals(element);
  for (const value& c : list_of(element, "connections"))
    out += fmt::format("  Remote-Agent:{} Conn-Id:{} {} {} WriteQ-Size:{} Local-Address:{}\n    {}\n",
                       text_of(c, "remote"), text_of(c, "flow"), text_of(c, "direction"), text_of(c, "state"),
                       text_of(c, "write_queue"), text_of(c, "local"), print_security(c));
  for (const value& failure : list_of(element, "handshake_failures"))
    out += fmt::format("  failed {} {}: {}\n", text_of(failure, "when"), text_of(failure, "remote"),
                       text_of(failure, "sentence"));
  for (const value& blocked : list_of(element, "blocked"))
    out += fmt::format("  blocked {} since {} for {} s more: {}; {} dropped\n", text_of(blocked, "source"),
                       text_of(blocked, "since"), text_of(blocked, "seconds_left"), text_of(blocked, "reason"),
                       text_of(blocked, "dropped"));
  for (const auto& [limit, count] : element.at("limits_hit").as_object())
    out += fmt::format("  limit hit: {}, {} times\n", std::string_view(limit), count.to_number<std::uint64_t>());
  for (const value& listener : list_of(element, "listeners"))
    out += fmt::format("  listens on {} {}{}\n", text_of(listener, "transport"), text_of(listener, "address"),
                       text_of(listener, "waiver").empty() ? "" : " by waiver " + text_of(listener, "waiver"));
  return out;
}

/// How well we hear the peer, and how well it hears us as far as its reports say so.
std::string print_quality(const boost::json::object& media) {
  std::string out;
  if (const value& mos = media.at("mos"); !mos.is_null()) out += fmt::format(" mos:{:.1f}", mos.to_number<double>());
  if (const value& heard = media.at("heard_by_peer"); !heard.is_null())
    out += fmt::format(" peer-mos:{:.1f} rtt:{:.0f}ms", heard.at("mos").to_number<double>(),
                       media.at("round_trip_ms").to_number<double>());
  if (const auto drops = media.at("kernel_drops").to_number<std::uint64_t>(); drops > 0)
    out += fmt::format(" kernel-drops:{}", drops);
  return out;
}

std::string print_security(std::string_view key_exchange, std::string_view suite) {
  const bool dtls = key_exchange == "DTLS";
  if (suite.empty()) return dtls ? "silent until DTLS agrees on keys" : "off";
  return fmt::format("on {}{}", suite, dtls ? " (DTLS)" : "");
}

/// Two lines per leg, in the words of `show call active voice brief`.
std::string print_leg(const value& leg) {
  const bool media = leg.as_object().contains("media");
  const std::string line1 =
      fmt::format("{} : {} {} {} {} {} {}\n", text_of(leg, "leg"), text_of(leg, "interaction"), text_of(leg, "began"),
                  text_of(leg, "direction") == "answer" ? "Answer" : "Originate", text_of(leg, "number"),
                  text_of(leg, "state"), text_of(leg, "dial_peer").empty() ? "" : "pid:" + text_of(leg, "dial_peer"));
  if (!media) return line1 + fmt::format("  {} signalling only\n", text_of(leg, "peer"));
  const std::string suite = text_of(leg, "media", "suite");
  return line1 +
         fmt::format("  {} tx:{}/{} rx:{}/{} lost:{} jitter:{:.1f}ms auth-failures:{} refused:{}{}\n",
                     text_of(leg, "peer"), text_of(leg.at("media"), "sent", "packets"),
                     text_of(leg.at("media"), "sent", "bytes"), text_of(leg.at("media"), "received", "packets"),
                     text_of(leg.at("media"), "received", "bytes"), text_of(leg, "media", "lost"),
                     leg.at("media").at("jitter_ms").to_number<double>(),
                     text_of(leg, "media", "authentication_failures"), text_of(leg, "media", "refused"),
                     print_quality(leg.at("media").as_object())) +
         fmt::format("  IP {} SRTP: {} {}{}{}\n", text_of(leg, "media", "remote"),
                     print_security(text_of(leg, "media", "key_exchange"), suite), text_of(leg, "media", "codec"),
                     text_of(leg, "waiver").empty() ? "" : " waiver " + text_of(leg, "waiver"),
                     text_of(leg, "recording").empty() ? "" : " recording " + text_of(leg, "recording"));
}

}  // namespace

std::string print_connections(const value& answer) {
  std::string out;
  for (const value& element : list_of(answer, "elements"))
    out += print_element_connections(element);
  return out;
}

std::string print_calls(const value& answer) {
  std::string out, element;
  for (const value& leg : list_of(answer, "calls")) {
    if (text_of(leg, "element") != element) out += (element = text_of(leg, "element")) + "\n";
    out += print_leg(leg);
  }
  return fmt::format("{}Call legs: {}\n", out, list_of(answer, "calls").size());
}

std::string print_registrations(const value& answer) {
  return print_list(answer, "registrations",
                    {{"Line", "address_of_record"},
                     {"Phone", "peer"},
                     {"From", "remote"},
                     {"Transport", "transport"},
                     {"Until", "expires"}},
                    "No phone is registered.");
}

std::string print_certificates(const value& answer) {
  return print_list(answer, "certificates",
                    {{"Owner", "owner"},
                     {"Use", "use"},
                     {"Key", "key"},
                     {"Days left", "days_left"},
                     {"Until", "not_after"},
                     {"Subject", "subject"}},
                    "There are no certificates.");
}

std::string print_agents(const value& answer) {
  return print_list(answer, "agents",
                    {{"Agent", "agent"},
                     {"Name", "name"},
                     {"Line", "line"},
                     {"State", "state"},
                     {"Since", "since"},
                     {"Reason", "reason"}},
                    "The site has no agents.");
}

std::string print_queues(const value& answer) {
  return print_list(answer, "queues",
                    {{"Skill group", "skill_group"},
                     {"Waiting", "waiting"},
                     {"Reserved", "reserved"},
                     {"Talking", "talking"},
                     {"Available", "available"},
                     {"Longest since", "longest_since"}},
                    "The site has no skill groups.");
}

std::string print_waivers(const value& answer) {
  return print_list(
      answer, "waivers",
      {{"Waiver", "name"}, {"Active", "active"}, {"Until", "until"}, {"Used by", "used_by"}, {"Reason", "reason"}},
      "No waivers: nothing on this site may be clear.");
}

std::string print_refusals(const value& answer) {
  std::string out;
  for (const value& refusal : list_of(answer, "refusals")) {
    out += fmt::format("{} {} {} from {}: {}\n", text_of(refusal, "when"), text_of(refusal, "element"),
                       text_of(refusal, "status"), text_of(refusal, "from"), text_of(refusal, "what"));
    if (!text_of(refusal, "mend").empty()) out += "  mend: " + text_of(refusal, "mend") + "\n";
  }
  return out.empty() ? "Nothing was refused.\n" : out;
}

std::string print_ports(const value& answer) {
  return print_list(answer, "ports",
                    {{"Element", "element"},
                     {"Transport", "transport"},
                     {"Address", "address"},
                     {"State", "state"},
                     {"Waiver", "waiver"}},
                    "Nothing listens.");
}

}  // namespace ringwall::cli
