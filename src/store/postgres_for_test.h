#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/result.h"

namespace ringwall::store {

/// A PostgreSQL server of its own for a test: fresh data in a temporary folder, reached by a socket in it, no TCP. Ends
/// with the object.
class PostgresForTest {
 public:
  static PostgresForTest& instance();  ///< started at its first use, shared by the tests of one program
  ~PostgresForTest();
  PostgresForTest(const PostgresForTest&) = delete;

  [[nodiscard]] const std::string& trouble() const { return trouble_; }  ///< empty: it runs
  /// The connection string of a database that is new and empty.
  std::string fresh_database();
  /// Ends every session of the server, as a restart of it would.
  void drop_sessions();

 private:
  PostgresForTest();
  bool start();
  bool wait_until_ready();

  std::filesystem::path folder_;
  std::string trouble_;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace ringwall::store
