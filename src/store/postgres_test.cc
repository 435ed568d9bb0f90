#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <soci/soci.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "store/postgres_for_test.h"

extern "C" const soci::backend_factory* factory_postgresql();

namespace ringwall::store {
namespace {

namespace fs = std::filesystem;

fs::path find_programs() {
  std::error_code trouble;
  fs::path newest;
  for (fs::directory_iterator at("/usr/lib/postgresql", trouble), end; !trouble && at != end; at.increment(trouble))
    if (fs::exists(at->path() / "bin" / "initdb") && at->path() > newest) newest = at->path();
  return newest.empty() ? newest : newest / "bin";
}

/// PostgreSQL refuses to run as root: then it runs as postgres, or as nobody.
const passwd* find_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  return user != nullptr ? user : getpwnam("nobody");
}

/// Starts a program with its output in `log`; it dies with this process.
pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = find_user();
  const pid_t child = fork();
  if (child != 0) return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(out, 1);
  dup2(out, 2);
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  setenv("LC_ALL", "C.UTF-8", 1);
  if (chdir("/") != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

PostgresForTest& PostgresForTest::instance() {
  static PostgresForTest server;
  return server;
}

PostgresForTest::PostgresForTest() {
  if (!start() && trouble_.empty()) trouble_ = "PostgreSQL does not start";
}

bool PostgresForTest::start() {
  const fs::path programs = find_programs();
  if (programs.empty()) {
    trouble_ = "there is no PostgreSQL below /usr/lib/postgresql: run script/bootstrap";
    return false;
  }
  std::string name = "/tmp/ringwall-postgres-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return false;
  folder_ = name;
  fs::create_directory(folder_ / "data");
  fs::permissions(folder_, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  fs::permissions(folder_ / "data", fs::perms::owner_all);
  if (const passwd* user = find_user(); user != nullptr)
    for (const fs::path& each : {folder_, folder_ / "data"})
      if (chown(each.c_str(), user->pw_uid, user->pw_gid) != 0) return false;
  const fs::path log = folder_ / "log";
  const pid_t made = spawn({(programs / "initdb").string(), "-D", (folder_ / "data").string(), "-U", "ringwall",
                            "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-instructions"},
                           log);
  if (wait_for(made) != 0) return false;
  server_ = spawn({(programs / "postgres").string(), "-D", (folder_ / "data").string(), "-k", folder_.string(), "-c",
                   "listen_addresses=", "-c", "max_connections=20", "-c", "shared_buffers=16MB", "-c", "fsync=off"},
                  log);
  return server_ > 0 && wait_until_ready();
}

bool PostgresForTest::wait_until_ready() {
  const std::string address = "host=" + folder_.string() + " user=ringwall dbname=postgres";
  for (int tries = 0; tries < 300; ++tries) {
    try {
      soci::session probe(*factory_postgresql(), address);
      trouble_.clear();
      return true;
    } catch (const soci::soci_error& error) {
      trouble_ = "PostgreSQL does not start: " + error.get_error_message();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

PostgresForTest::~PostgresForTest() {
  if (server_ > 0) {
    kill(server_, SIGQUIT);  // at once: nobody needs its data any more, a last checkpoint may take half a minute
    wait_for(server_);
  }
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string PostgresForTest::fresh_database() {
  const std::string server = "host=" + folder_.string() + " user=ringwall dbname=";
  const std::string name = "ringwall" + std::to_string(++databases_);
  soci::session sql(*factory_postgresql(), server + "postgres");
  sql << "CREATE DATABASE " << name;
  return server + name;
}

void PostgresForTest::drop_sessions() {
  soci::session sql(*factory_postgresql(), "host=" + folder_.string() + " user=ringwall dbname=postgres");
  int ended = 0;
  sql << "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS INTEGER) FROM pg_stat_activity "
         "WHERE pid <> pg_backend_pid() AND datname LIKE 'ringwall%'",
      soci::into(ended);
}

}  // namespace ringwall::store
