#include "store/events.h"

#include <soci/soci.h>

#include "store/columns.h"
#include "store/database.h"

namespace ringwall::store {
namespace {

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

template <class Prepare>
std::vector<EventRecord> read_events(Prepare prepare) {
  std::vector<EventRecord> found;
  EventRecord row;
  long long id = 0, time = 0;
  soci::statement read = (prepare(), soci::into(id), soci::into(time), soci::into(row.interaction),
                          soci::into(row.kind), soci::into(row.detail));
  read.execute();
  while (read.fetch()) {
    row.id = static_cast<std::uint64_t>(id);
    row.time = from_column(time);
    found.push_back(row);
  }
  return found;
}

}  // namespace

std::string json_object(const std::vector<std::pair<std::string_view, std::string_view>>& members) {
  std::string out = "{";
  for (const auto& [key, value] : members) {
    if (out.size() > 1) out += ',';
    append_json_text(out, key);
    out += ':';
    append_json_text(out, value);
  }
  return out + "}";
}

Result<std::uint64_t> Events::append(const EventRecord& event) {
  long long id = 0;
  TRY_VOID(database_.run("writing the event log", [&](soci::session& sql) {
    const long long time = to_column(event.time);
    if (database_.backend() == Backend::postgresql) {
      sql << "INSERT INTO events (time, interaction, kind, detail) VALUES (:time, :interaction, :kind, :detail) "
             "RETURNING id",
          soci::use(time), soci::use(event.interaction), soci::use(event.kind), soci::use(event.detail), soci::into(id);
      return;
    }
    sql << "INSERT INTO events (time, interaction, kind, detail) VALUES (:time, :interaction, :kind, :detail)",
        soci::use(time), soci::use(event.interaction), soci::use(event.kind), soci::use(event.detail);
    sql << "SELECT last_insert_rowid()", soci::into(id);
  }));
  return static_cast<std::uint64_t>(id);
}

Result<std::vector<EventRecord>> Events::of(std::string_view interaction) {
  std::vector<EventRecord> found;
  TRY_VOID(database_.run("reading the event log", [&](soci::session& sql) {
    const std::string wanted(interaction);
    found = read_events([&] {
      return (sql.prepare << "SELECT id, time, interaction, kind, detail FROM events WHERE interaction = :interaction "
                             "ORDER BY id",
              soci::use(wanted));
    });
  }));
  return found;
}

Result<std::vector<EventRecord>> Events::since(std::uint64_t id, std::size_t limit) {
  std::vector<EventRecord> found;
  TRY_VOID(database_.run("reading the event log", [&](soci::session& sql) {
    const long long after = static_cast<long long>(id), most = static_cast<long long>(limit);
    found = read_events([&] {
      return (sql.prepare << "SELECT id, time, interaction, kind, detail FROM events WHERE id > :after ORDER BY id "
                             "LIMIT :most",
              soci::use(after), soci::use(most));
    });
  }));
  return found;
}

}  // namespace ringwall::store
