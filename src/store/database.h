#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/secret.h"

namespace soci {
class session;
}

namespace ringwall::store {

/// An SQLite file, or a PostgreSQL connection string (a secret: it may hold a password).
using Target = std::variant<std::filesystem::path, Secret>;

/// Reads `store` of the site's configuration: "sqlite" is <folder>/store/site.db; anything else is the path (relative
/// to the folder) of a file with a PostgreSQL connection string on its first line.
Result<Target> find_target(const std::filesystem::path& site_folder, const std::string& store);

enum class Backend : std::uint8_t { sqlite, postgresql };

/// One session with the store, brought to the newest schema. Used by one thread at a time. What run() or transaction()
/// has returned without an error survives kill -9 and loss of power (WAL with synchronous=FULL; PostgreSQL's own
/// commit).
class Database {
 public:
  /// Opens, creating the SQLite file and its folder if needed, and applies the migrations that are missing.
  static Result<std::unique_ptr<Database>> open(const Target& target);
  ~Database();
  Database(const Database&) = delete;

  [[nodiscard]] Backend backend() const;

  /// Runs `work(session)` and turns what SOCI throws into an Error that names `what`. Work outside a transaction is
  /// committed statement by statement. A PostgreSQL session that was lost is opened again before the next work.
  Result<> run(std::string_view what, const std::function<void(soci::session&)>& work);

  /// All of `work` or nothing of it. `work` may call repositories of this database; an error it returns rolls back.
  Result<> transaction(std::string_view what, const std::function<Result<>()>& work);

 private:
  struct Core;
  explicit Database(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::store
