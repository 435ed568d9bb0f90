#include "store/migrations.h"

#include <soci/soci.h>

#include <array>
#include <vector>

#include "base/time.h"
#include "store/columns.h"

namespace ringwall::store {
namespace {

using Statements = std::vector<const char*>;

/// Migration 1, 2, 3, ...: what is once released is never changed, only followed by the next.
std::vector<Statements> migrations(Backend backend) {
  const char* events = backend == Backend::sqlite
                           ? "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, time BIGINT NOT NULL, "
                             "interaction TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL)"
                           : "CREATE TABLE events (id BIGSERIAL PRIMARY KEY, time BIGINT NOT NULL, "
                             "interaction TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL)";
  return {
      {"CREATE TABLE registrations (address_of_record TEXT NOT NULL, contact TEXT NOT NULL, instance TEXT NOT NULL, "
       "reg_id BIGINT NOT NULL, call_id TEXT NOT NULL, cseq BIGINT NOT NULL, expires BIGINT NOT NULL, "
       "path TEXT NOT NULL, peer TEXT NOT NULL, remote TEXT NOT NULL, transport TEXT NOT NULL, "
       "user_agent TEXT NOT NULL, PRIMARY KEY (address_of_record, contact, instance, reg_id))",
       "CREATE INDEX registrations_expires ON registrations (expires)",
       "CREATE TABLE agents (agent TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, since BIGINT NOT NULL, "
       "pending TEXT NOT NULL, interaction TEXT NOT NULL, until BIGINT NOT NULL)",
       "CREATE TABLE queue_places (interaction TEXT PRIMARY KEY, skill_group TEXT NOT NULL, enqueued BIGINT NOT NULL, "
       "priority INTEGER NOT NULL, sequence BIGINT NOT NULL)",
       events, "CREATE INDEX events_interaction ON events (interaction, id)"},
  };
}

/// One migration at a time, also among nodes that start together.
void begin_alone(soci::session& sql, Backend backend) {
  if (backend == Backend::sqlite) {
    sql << "BEGIN IMMEDIATE";
    return;
  }
  sql << "BEGIN";
  int ignored = 0;
  sql << "SELECT 1 FROM (SELECT pg_advisory_xact_lock(1919512181)) AS locked", soci::into(ignored);
}

int schema_version(soci::session& sql) {
  int version = 0;
  sql << "SELECT COALESCE(MAX(version), 0) FROM schema_version", soci::into(version);
  return version;
}

}  // namespace

Result<> migrate(soci::session& sql, Backend backend) {
  const auto known = migrations(backend);
  begin_alone(sql, backend);
  try {
    sql << "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied BIGINT NOT NULL)";
    const int version = schema_version(sql);
    if (version > static_cast<int>(known.size())) {
      sql << "ROLLBACK";
      return fail(fmt::format("the store has schema {}, this program knows {}", version, known.size()), "store",
                  "run the newer ringwall that made it, or restore an older copy of the store");
    }
    for (int next = version + 1; next <= static_cast<int>(known.size()); ++next) {
      for (const char* statement : known[static_cast<std::size_t>(next - 1)])
        sql << statement;
      const long long applied = to_column(wall_now());
      sql << "INSERT INTO schema_version (version, applied) VALUES (:version, :applied)", soci::use(next),
          soci::use(applied);
    }
    sql << "COMMIT";
  } catch (...) {
    try {
      sql << "ROLLBACK";
    } catch (const soci::soci_error&) {  // the session is gone, and with it the transaction
    }
    throw;
  }
  return {};
}

}  // namespace ringwall::store
