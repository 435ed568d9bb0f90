#include "policy/table_reader.h"

#include <algorithm>

#include "base/text.h"

namespace ringwall::policy {
namespace {

constexpr std::size_t longest_text = 4'096;

std::string_view type_name(const toml::node& node) {
  if (node.is_string()) return "a text";
  if (node.is_integer()) return "a whole number";
  if (node.is_floating_point()) return "a number with a point";
  if (node.is_boolean()) return "true or false";
  if (node.is_array()) return "a list";
  if (node.is_table()) return "a table";
  return "a date or time";
}

/// Text of a configuration is one line of printable characters, so that it can stand in a log, a header and a table.
bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

WallTime from_date(const toml::date& date) {
  using namespace std::chrono;
  return sys_days(year_month_day{year(date.year), month(date.month), day(date.day)});
}

WallTime from_date_time(const toml::date_time& at) {
  using namespace std::chrono;
  const auto offset = minutes(at.offset ? at.offset->minutes : 0);
  return from_date(at.date) + hours(at.time.hour) + minutes(at.time.minute) + seconds(at.time.second) - offset;
}

}  // namespace

TableReader::TableReader(const toml::table& table, std::string path, std::string what, const std::string& file,
                         Draft& draft)
    : table_(table), path_(std::move(path)), what_(std::move(what)), file_(file), draft_(draft) {
  draft_.places[path_] = place_of(table);
}

Place TableReader::place_of(const toml::node& node) const {
  const auto at = node.source().begin;
  return {file_, at.line, at.column};
}

Place TableReader::place(std::string_view key) const {
  const toml::node* node = key.empty() ? nullptr : table_.get(key);
  return place_of(node != nullptr ? *node : table_);
}

const toml::node* TableReader::find(std::string_view key, Need need) {
  known_.push_back(key);
  const toml::node* node = table_.get(key);
  if (node != nullptr) {
    draft_.places[fmt::format("{}.{}", path_, key)] = place_of(*node);
  } else if (need == Need::required) {
    draft_.error(place(), fmt::format("the {} has no '{}'", what_, key), fmt::format("write {} = ...", key));
  }
  return node;
}

void TableReader::wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) {
  draft_.error(place_of(node), fmt::format("'{}' is {}", key, type_name(node)), fmt::format("write {}", wanted));
}

void TableReader::text(std::string_view key, std::string& out, Need need) {
  const toml::node* node = find(key, need);
  if (node == nullptr) return;
  const auto* value = node->as_string();
  if (value == nullptr) return wrong_type(key, *node, "a text in quotes");
  if (value->get().size() > longest_text || !printable(value->get())) {
    draft_.error(place_of(*node), fmt::format("'{}' is too long, or holds control characters", key),
                 fmt::format("write one line of at most {} bytes", longest_text));
  } else if (value->get().empty() && need == Need::required) {
    draft_.error(place_of(*node), fmt::format("'{}' is empty", key), fmt::format("write the {}'s {}", what_, key));
  } else {
    out = value->get();
  }
}

void TableReader::texts(std::string_view key, std::vector<std::string>& out, Need need) {
  const toml::node* node = find(key, need);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) return wrong_type(key, *node, "a list of texts: [\"...\"]");
  std::vector<std::string> values;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const toml::node& entry = *list->get(i);
    const auto* value = entry.as_string();
    if (value == nullptr) return wrong_type(key, entry, "a text in quotes");
    if (value->get().empty() || value->get().size() > longest_text || !printable(value->get()))
      return draft_.error(place_of(entry), fmt::format("an entry of '{}' is empty, too long, or not printable", key),
                          "write one printable text, or leave the entry out");
    draft_.places[fmt::format("{}.{}.{}", path_, key, values.size())] = place_of(entry);
    values.push_back(value->get());
  }
  if (values.empty() && need == Need::required)
    return draft_.error(place_of(*node), fmt::format("'{}' is empty", key), "write at least one entry");
  out = std::move(values);
}

void TableReader::flag(std::string_view key, bool& out) {
  const toml::node* node = find(key, Need::optional);
  if (node == nullptr) return;
  const auto* value = node->as_boolean();
  if (value == nullptr) return wrong_type(key, *node, "true or false");
  out = value->get();
}

void TableReader::numbers(std::string_view key, std::vector<int>& out, int low, int high) {
  const toml::node* node = find(key, Need::optional);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) return wrong_type(key, *node, "a list of whole numbers");
  std::vector<int> values;
  for (const toml::node& entry : *list) {
    const auto* value = entry.as_integer();
    if (value == nullptr) return wrong_type(key, entry, fmt::format("whole numbers from {} to {}", low, high));
    if (value->get() < low || value->get() > high)
      return draft_.error(place_of(entry), fmt::format("'{}' holds {}", key, value->get()),
                          fmt::format("write whole numbers from {} to {}", low, high));
    values.push_back(static_cast<int>(value->get()));
  }
  out = std::move(values);
}

void TableReader::milliseconds(std::string_view key, std::chrono::milliseconds& out, int low, int high, bool or_zero) {
  const auto value = integer(key, or_zero ? 0 : low, high);
  if (!value) return;
  if (*value < low && *value != 0)
    return draft_.error(place(key), fmt::format("'{}' is {}", key, *value),
                        fmt::format("write milliseconds from {} to {}, or 0", low, high));
  out = std::chrono::milliseconds(*value);
}

void TableReader::table(std::string_view key, std::string_view what, const std::function<void(TableReader&)>& read) {
  const toml::node* node = find(key, Need::optional);
  if (node == nullptr) return;
  const toml::table* inner = node->as_table();
  if (inner == nullptr) return wrong_type(key, *node, fmt::format("a table: {} = {{ ... }}", key));
  TableReader reader(*inner, fmt::format("{}.{}", path_, key), std::string(what), file_, draft_);
  read(reader);
  reader.finish();
}

void TableReader::tables(std::string_view key, std::string_view what, const std::function<void(TableReader&)>& read) {
  const toml::node* node = find(key, Need::required);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) return wrong_type(key, *node, fmt::format("a list of tables: {} = [{{ ... }}]", key));
  if (list->empty())
    return draft_.error(place_of(*node), fmt::format("'{}' is empty", key), fmt::format("write {} = [{{ ... }}]", key));
  for (std::size_t i = 0; i < list->size(); ++i) {
    const toml::table* inner = list->get(i)->as_table();
    if (inner == nullptr) return wrong_type(key, *list->get(i), "a table: { ... }");
    TableReader reader(*inner, fmt::format("{}.{}.{}", path_, key, i), std::string(what), file_, draft_);
    read(reader);
    reader.finish();
  }
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const toml::node* node = find(key, Need::optional);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    wrong_type(key, *node, fmt::format("a whole number from {} to {}", low, high));
    return std::nullopt;
  }
  if (value->get() < low || value->get() > high) {
    draft_.error(place_of(*node), fmt::format("'{}' is {}", key, value->get()),
                 fmt::format("write a whole number from {} to {}", low, high));
    return std::nullopt;
  }
  return value->get();
}

void TableReader::seconds(std::string_view key, std::chrono::seconds& out, std::int64_t high) {
  if (const auto value = integer(key, 0, high)) out = std::chrono::seconds(*value);
}

void TableReader::wall_time(std::string_view key, WallTime& out) {
  const toml::node* node = find(key, Need::required);
  if (node == nullptr) return;
  if (const auto* date = node->as_date()) {
    out = from_date(date->get());
  } else if (const auto* moment = node->as_date_time()) {
    out = from_date_time(moment->get());
  } else if (const auto* written = node->as_string()) {
    const auto parsed = parse_wall_time(written->get());
    if (!parsed) return draft_.error(place_of(*node), parsed.error().what, parsed.error().mend);
    out = *parsed;
  } else {
    wrong_type(key, *node, "a date: 2026-12-31");
  }
}

void TableReader::finish() {
  report_unknown_keys(table_, known_, what_, file_, draft_);
}

void report_unknown_keys(const toml::table& table, const std::vector<std::string_view>& known, std::string_view what,
                         const std::string& file, Draft& draft) {
  for (const auto& [key, node] : table) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    const auto at = key.source().begin;
    const std::string near = closest(key.str(), known);
    const std::string shown(key.str().substr(0, 64));
    draft.error({file, at.line, at.column}, fmt::format("the {} knows no '{}'", what, shown),
                near.empty() ? fmt::format("remove it; known are: {}", fmt::join(known, ", "))
                             : fmt::format("did you mean '{}'?", near));
  }
}

}  // namespace ringwall::policy
