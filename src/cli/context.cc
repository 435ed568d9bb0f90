#include "cli/context.h"

#include <CLI/App.hpp>
#include <boost/json.hpp>

namespace ringwall::cli {
namespace {

namespace json = boost::json;

void print_value(std::ostream& out, const json::value& value, std::size_t depth);

std::string indent(std::size_t depth) {
  return std::string(depth * 2, ' ');
}

void print_object(std::ostream& out, const json::object& object, std::size_t depth) {
  const char* before = "{\n";
  for (const auto& [name, member] : object) {
    out << before << indent(depth + 1) << json::serialize(name) << ": ";
    print_value(out, member, depth + 1);
    before = ",\n";
  }
  out << '\n' << indent(depth) << '}';
}

void print_array(std::ostream& out, const json::array& array, std::size_t depth) {
  const char* before = "[\n";
  for (const auto& member : array) {
    out << before << indent(depth + 1);
    print_value(out, member, depth + 1);
    before = ",\n";
  }
  out << '\n' << indent(depth) << ']';
}

void print_value(std::ostream& out, const json::value& value, std::size_t depth) {
  if (value.is_object() && !value.get_object().empty()) {
    print_object(out, value.get_object(), depth);
  } else if (value.is_array() && !value.get_array().empty()) {
    print_array(out, value.get_array(), depth);
  } else {
    out << json::serialize(value);
  }
}

}  // namespace

void CommandContext::failed(const Error& error) {
  exit_code = 1;
  if (json) {
    print_value(
        err(),
        json::object{{"error", json::object{{"what", error.what}, {"where", error.where}, {"mend", error.mend}}}}, 0);
    err() << '\n';
    return;
  }
  err() << "ringwall: " << (error.where.empty() ? "" : error.where + ": ") << error.what << '\n';
  if (!error.mend.empty()) err() << "  mend: " << error.mend << '\n';
}

void CommandContext::print_json(const json::value& value) const {
  print_value(out(), value, 0);
  out() << '\n';
}

void add_common_options(CLI::App& command, CommandContext& context, bool with_site) {
  if (with_site) command.add_option("--site", context.site, "folder of the site (default: this folder)");
  command.add_flag("--json", context.json, "print JSON");
}

}  // namespace ringwall::cli
