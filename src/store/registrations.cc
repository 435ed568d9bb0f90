#include "store/registrations.h"

#include <soci/soci.h>

#include "store/columns.h"
#include "store/database.h"

namespace ringwall::store {
namespace {

constexpr std::string_view columns =
    "address_of_record, contact, instance, reg_id, call_id, cseq, expires, path, peer, remote, transport, user_agent";

/// Runs a prepared SELECT of `columns` and collects its rows. `query` prepares it with the bound values.
template <class Prepare>
std::vector<Binding> read_bindings(Prepare prepare) {
  std::vector<Binding> found;
  Binding row;
  long long reg_id = 0, cseq = 0, expires = 0;
  soci::statement read =
      (prepare(), soci::into(row.address_of_record), soci::into(row.contact), soci::into(row.instance),
       soci::into(reg_id), soci::into(row.call_id), soci::into(cseq), soci::into(expires), soci::into(row.path),
       soci::into(row.peer), soci::into(row.remote), soci::into(row.transport), soci::into(row.user_agent));
  read.execute();
  while (read.fetch()) {
    row.reg_id = static_cast<std::uint32_t>(reg_id);
    row.cseq = static_cast<std::uint32_t>(cseq);
    row.expires = from_column(expires);
    found.push_back(row);
  }
  return found;
}

}  // namespace

Result<> Registrations::put(const Binding& binding) {
  return database_.run("saving a registration", [&](soci::session& sql) {
    const long long reg_id = binding.reg_id, cseq = binding.cseq, expires = to_column(binding.expires);
    sql << "INSERT INTO registrations (" << columns << ") VALUES (:aor, :contact, :instance, :reg_id, :call_id, :cseq, "
        << ":expires, :path, :peer, :remote, :transport, :user_agent) "
        << "ON CONFLICT (address_of_record, contact, instance, reg_id) DO UPDATE SET call_id = excluded.call_id, "
        << "cseq = excluded.cseq, expires = excluded.expires, path = excluded.path, peer = excluded.peer, "
        << "remote = excluded.remote, transport = excluded.transport, user_agent = excluded.user_agent",
        soci::use(binding.address_of_record), soci::use(binding.contact), soci::use(binding.instance),
        soci::use(reg_id), soci::use(binding.call_id), soci::use(cseq), soci::use(expires), soci::use(binding.path),
        soci::use(binding.peer), soci::use(binding.remote), soci::use(binding.transport), soci::use(binding.user_agent);
  });
}

Result<> Registrations::remove(const Binding& binding) {
  return database_.run("removing a registration", [&](soci::session& sql) {
    const long long reg_id = binding.reg_id;
    sql << "DELETE FROM registrations WHERE address_of_record = :aor AND contact = :contact AND instance = :instance "
           "AND reg_id = :reg_id",
        soci::use(binding.address_of_record), soci::use(binding.contact), soci::use(binding.instance),
        soci::use(reg_id);
  });
}

Result<> Registrations::remove_all(std::string_view address_of_record) {
  return database_.run("removing registrations", [&](soci::session& sql) {
    const std::string aor(address_of_record);
    sql << "DELETE FROM registrations WHERE address_of_record = :aor", soci::use(aor);
  });
}

Result<std::vector<Binding>> Registrations::of(std::string_view address_of_record) {
  std::vector<Binding> found;
  TRY_VOID(database_.run("reading registrations", [&](soci::session& sql) {
    const std::string aor(address_of_record);
    found = read_bindings([&] {
      return (sql.prepare << "SELECT " << columns << " FROM registrations WHERE address_of_record = :aor "
                          << "ORDER BY contact, instance, reg_id",
              soci::use(aor));
    });
  }));
  return found;
}

Result<std::vector<Binding>> Registrations::all() {
  std::vector<Binding> found;
  TRY_VOID(database_.run("reading registrations", [&](soci::session& sql) {
    found = read_bindings([&] {
      return sql.prepare << "SELECT " << columns
                         << " FROM registrations ORDER BY address_of_record, contact, instance, reg_id";
    });
  }));
  return found;
}

Result<std::size_t> Registrations::remove_expired(WallTime now) {
  std::size_t removed = 0;
  TRY_VOID(database_.run("removing registrations that have ended", [&](soci::session& sql) {
    const long long limit = to_column(now);
    soci::statement remove = (sql.prepare << "DELETE FROM registrations WHERE expires <= :limit", soci::use(limit));
    remove.execute(true);
    removed = static_cast<std::size_t>(remove.get_affected_rows());
  }));
  return removed;
}

}  // namespace ringwall::store
