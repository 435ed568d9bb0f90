#include "store/database.h"

#include <fcntl.h>
#include <soci/soci.h>
#include <unistd.h>

#include <fstream>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "store/migrations.h"

// The two back ends; their own headers would pull in the client libraries of the databases.
extern "C" {
const soci::backend_factory* factory_sqlite3();
const soci::backend_factory* factory_postgresql();
}

namespace ringwall::store {
namespace {

constexpr int busy_seconds = 10;

Result<> prepare_file(const std::filesystem::path& file) {
  std::error_code trouble;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), trouble);
  if (trouble)
    return fail("the store's folder cannot be made: " + trouble.message(), file.parent_path().string(),
                "check its rights");
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail("the store cannot be opened: " + std::error_code(errno, std::generic_category()).message(),
                file.string(), "let the user that runs ringwall write to the file and its folder");
  ::close(descriptor);
  return {};
}

Error explain(std::string_view what, const std::string& reason, Backend backend) {
  return {fmt::format("{} failed: {}", what, trim(reason)), "store",
          backend == Backend::sqlite ? "check the disk and the rights of store/"
                                     : "check that PostgreSQL runs and lets ringwall in"};
}

}  // namespace

struct Database::Core {
  Backend backend = Backend::sqlite;
  soci::session session;
  bool in_transaction = false;
  bool suspect = false;  ///< the last work failed: see whether the session still lives

  void set_up() {
    if (backend == Backend::sqlite) {
      std::string mode;
      session << "PRAGMA journal_mode = WAL", soci::into(mode);
      session << "PRAGMA synchronous = FULL";
    } else {
      session << "SET synchronous_commit TO on";
      session << "SET client_min_messages TO warning";
    }
  }

  void revive() {
    if (!suspect || in_transaction) return;
    if (backend == Backend::postgresql) {
      try {
        int one = 0;
        session << "SELECT 1", soci::into(one);
      } catch (const soci::soci_error&) {
        session.reconnect();
        set_up();
      }
    }
    suspect = false;
  }
};

Database::Database(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Database::~Database() = default;
Backend Database::backend() const {
  return core_->backend;
}

Result<std::unique_ptr<Database>> Database::open(const Target& target) {
  auto core = std::make_unique<Core>();
  const auto* file = std::get_if<std::filesystem::path>(&target);
  core->backend = file != nullptr ? Backend::sqlite : Backend::postgresql;
  if (file != nullptr) {
    if (file->string().find('"') != std::string::npos)
      return fail("the store's path holds a quotation mark", file->string(), "choose another folder");
    TRY_VOID(prepare_file(*file));
  }
  try {
    if (file != nullptr)
      core->session.open(*factory_sqlite3(), fmt::format("db=\"{}\" timeout={}", file->string(), busy_seconds));
    else
      core->session.open(*factory_postgresql(), std::string(as_text(std::get<Secret>(target).reveal())));
    core->set_up();
    TRY_VOID(migrate(core->session, core->backend));
  } catch (const soci::soci_error& error) {
    // The short message: the long one repeats what was bound, and with it personal data.
    return std::unexpected(explain("opening the store", error.get_error_message(), core->backend));
  }
  return std::unique_ptr<Database>(new Database(std::move(core)));
}

Result<> Database::run(std::string_view what, const std::function<void(soci::session&)>& work) {
  try {
    core_->revive();
    work(core_->session);
    return {};
  } catch (const soci::soci_error& error) {
    core_->suspect = true;
    return std::unexpected(explain(what, error.get_error_message(), core_->backend));
  }
}

Result<> Database::transaction(std::string_view what, const std::function<Result<>()>& work) {
  CHECK(!core_->in_transaction);
  TRY_VOID(run(what, [&](soci::session& sql) { sql << (backend() == Backend::sqlite ? "BEGIN IMMEDIATE" : "BEGIN"); }));
  core_->in_transaction = true;
  Result<> outcome = work();
  if (outcome) outcome = run(what, [](soci::session& sql) { sql << "COMMIT"; });
  if (!outcome)
    if (const auto undone = run(what, [](soci::session& sql) { sql << "ROLLBACK"; }); !undone)
      log::debug("store", "{}", undone.error().text());  // the session is gone, and with it the transaction
  core_->in_transaction = false;
  return outcome;
}

Result<Target> find_target(const std::filesystem::path& site_folder, const std::string& store) {
  if (store == "sqlite") return Target(site_folder / "store" / "site.db");
  const std::filesystem::path file = site_folder / store;
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line) || trim(line).empty())
    return fail("the file holds no connection string", file.string(),
                "write one line: host=/run/postgresql dbname=ringwall user=ringwall");
  Target target(Secret(trim(line)));
  explicit_bzero(line.data(), line.size());
  return target;
}

}  // namespace ringwall::store
