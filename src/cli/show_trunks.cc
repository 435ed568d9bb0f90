#include <boost/json/array.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/json_text.h"
#include "cli/show_tables.h"
#include "cli/table.h"

namespace ringwall::cli {
namespace {

using boost::json::value;

/// "2026-11-21T22:05:09Z" as its time of day, or as its date if that is not today.
std::string when(const std::string& time) {
  if (time.size() < 20) return time;
  return time.starts_with(print_wall_time(wall_now()).substr(0, 10)) ? time.substr(11) : time.substr(0, 10);
}

constexpr std::size_t longest_cell = 16;

/// Words in lines that fit the screen, each with two spaces before it.
std::string wrapped(std::string_view text) {
  std::string out, line = " ";
  for (const std::string_view word : split(text, ' ')) {
    if (line.size() + 1 + word.size() > Table::width) {
      out += line + "\n";
      line = "   ";
    }
    line.append(" ").append(word);
  }
  return out + line + "\n";
}

/// One row for each member; "Order" is priority/weight. What is too long for the last column stands below the table.
std::string members_table(const value& owner) {
  Table table({"Member", "Address", "State", "Since", "Order", "Calls", "Failed", "Last answer"});
  std::string below;
  for (const value& member : list_of(owner, "members")) {
    const std::string site = text_of(member, "site"), transport = text_of(member, "transport");
    const std::string last = text_of(member, "last"), address = text_of(member, "address");
    const bool is_long = last.size() > longest_cell;
    const std::string target = text_of(member, "target");
    table.row({site.empty() ? target : fmt::format("{} ({})", target, site),
               transport.empty() ? address : fmt::format("{} {}", transport, address), text_of(member, "state"),
               when(text_of(member, "since")),
               fmt::format("{}/{}", text_of(member, "priority"), text_of(member, "weight")), text_of(member, "calls"),
               text_of(member, "calls_failed"), is_long ? "(below)" : last});
    if (is_long) below += wrapped(last.starts_with(address) ? last : address + ": " + last);
  }
  return table.text() + below;
}

std::string heartbeat_words(const value& group) {
  const value& heartbeat = group.at("heartbeat");
  if (text_of(heartbeat, "enabled") != "true") return "no heartbeat";
  const auto interval = [&](std::string_view member) {
    const std::string text = text_of(heartbeat, member);
    return text == "0" ? std::string("never") : text + " ms";
  };
  return fmt::format("heartbeat {}: up {}, down {}, timeout {} ms, failures {}", text_of(heartbeat, "method"),
                     interval("up_interval_ms"), interval("down_interval_ms"), text_of(heartbeat, "timeout_ms"),
                     text_of(heartbeat, "failures"));
}

}  // namespace

std::string print_trunks(const value& answer) {
  Table table({"Trunk", "Element", "Mode", "Connections", "Targets", "Names"});
  for (const value& trunk : list_of(answer, "trunks"))
    table.row({text_of(trunk, "trunk"), text_of(trunk, "element"), text_of(trunk, "mode"),
               text_of(trunk, "connections"), text_of(trunk, "targets"), text_of(trunk, "names")});
  std::string out = table.empty() ? "The site has no trunks.\n" : table.text();
  for (const value& trunk : list_of(answer, "trunks"))
    if (!list_of(trunk, "members").empty())
      out += fmt::format("\nTargets of trunk {}\n{}", text_of(trunk, "trunk"), members_table(trunk));
  for (const value& group : list_of(answer, "server_groups"))
    out += fmt::format("\nServer group {} of {}, overload codes {}\n  {}\n{}", text_of(group, "group"),
                       text_of(group, "element"), text_of(group, "overload_codes"), heartbeat_words(group),
                       members_table(group));
  return out;
}

}  // namespace ringwall::cli
