#include <gmock/gmock.h>
#include <signal.h>
#include <soci/soci.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/agents.h"
#include "store/database.h"
#include "store/events.h"
#include "store/postgres_for_test.h"
#include "store/queue_places.h"
#include "store/registrations.h"

/// Every test here runs on SQLite and on PostgreSQL.
namespace ringwall::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallTime noon{1'800'000'000s};
const std::string nasty = R"(x'); DROP TABLE agents; -- "\ :agent ?1 $1 ü)";

class RepositoryTest : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (GetParam() == Backend::postgresql) {
      ASSERT_EQ(PostgresForTest::instance().trouble(), "");
      target_ = Secret(PostgresForTest::instance().fresh_database());
    } else {
      std::string name = "/tmp/ringwall store XXXXXX";
      ASSERT_NE(mkdtemp(name.data()), nullptr);
      folder_ = name;
      target_ = folder_ / "store" / "site.db";
    }
    reopen();
  }
  void TearDown() override {
    database_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void reopen() {
    database_.reset();
    auto opened = Database::open(target_);
    ASSERT_TRUE(opened) << opened.error().text();
    database_ = std::move(*opened);
  }
  /// The value, or a failed test.
  template <class Value>
  static Value good(Result<Value> result) {
    EXPECT_TRUE(result) << result.error().text();
    return result ? std::move(*result) : Value{};
  }
  static void good(const Result<>& result) { EXPECT_TRUE(result) << result.error().text(); }

  Target target_;
  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Backends, RepositoryTest, ::testing::Values(Backend::sqlite, Backend::postgresql),
                         [](const auto& backend) {
                           return backend.param == Backend::sqlite ? "SQLite" : "PostgreSQL";
                         });

TEST_P(RepositoryTest, AgentsSurvive) {
  const AgentRecord plain{"1002", AgentState::logout, "", noon, {}, "", {}};
  const AgentRecord full{"1001", AgentState::reserved, nasty, noon, AgentState::not_ready, "i-1", noon + 30s};
  good(Agents(*database_).put(plain));
  good(Agents(*database_).put(full));
  reopen();
  Agents agents(*database_);
  EXPECT_THAT(good(agents.all()), ElementsAre(full, plain));
  EXPECT_EQ(good(agents.find("1001")), full);
  EXPECT_EQ(good(agents.find("1009")), std::nullopt);

  AgentRecord changed = plain;
  changed.state = AgentState::ready;
  good(agents.put(changed));
  good(agents.remove("1001"));
  good(agents.remove("1001"));
  EXPECT_THAT(good(agents.all()), ElementsAre(changed));
}

TEST_P(RepositoryTest, TextIsNeverRunAsSql) {
  Agents agents(*database_);
  good(agents.put({nasty, AgentState::ready, nasty, noon, {}, nasty, {}}));
  EXPECT_EQ(good(agents.find(nasty))->reason, nasty);
  good(agents.remove("' OR '1'='1"));
  EXPECT_EQ(good(agents.all()).size(), 1u);
}

TEST_P(RepositoryTest, QueuePlacesComeInOrderOfService) {
  QueuePlaces places(*database_);
  const QueuePlace first{"b", "support", noon, 0, 1}, second{"a", "support", noon, 0, 2},
      later{"c", "support", noon + 1s, 0, 0}, urgent{"d", "sales", noon + 9s, 7, 3};
  for (const QueuePlace& place : {later, second, urgent, first})
    good(places.put(place));
  reopen();
  QueuePlaces again(*database_);
  EXPECT_THAT(good(again.all()), ElementsAre(urgent, first, second, later));
  good(again.remove("b"));
  EXPECT_THAT(good(again.all()), ElementsAre(urgent, second, later));
  good(again.remove_all());
  EXPECT_THAT(good(again.all()), IsEmpty());
}

TEST_P(RepositoryTest, RegistrationsAreKnownByTheirFourParts) {
  Binding binding{"sip:1001@ringwall.test",
                  "sip:1001@127.18.133.75:41002;transport=tls",
                  "urn:uuid:1",
                  1,
                  "call-1",
                  7,
                  noon + 60s,
                  "<sip:edge;lr>",
                  "phone1001.ringwall.test",
                  "127.18.133.75:41002",
                  "TLS",
                  nasty};
  Binding other = binding;
  other.reg_id = 2;
  other.expires = noon;
  Binding elsewhere = binding;
  elsewhere.address_of_record = "sip:1002@ringwall.test";
  elsewhere.cseq = 4'294'967'295u;
  Registrations registrations(*database_);
  for (const Binding& each : {binding, other, elsewhere})
    good(registrations.put(each));
  binding.cseq = 8;
  good(registrations.put(binding));
  reopen();
  Registrations again(*database_);
  EXPECT_THAT(good(again.of("sip:1001@ringwall.test")), ElementsAre(binding, other));
  EXPECT_THAT(good(again.all()), ElementsAre(binding, other, elsewhere));
  EXPECT_EQ(good(again.remove_expired(noon)), 1u);
  EXPECT_EQ(good(again.remove_expired(noon)), 0u);
  EXPECT_THAT(good(again.all()), ElementsAre(binding, elsewhere));
  good(again.remove(binding));
  EXPECT_THAT(good(again.of("sip:1001@ringwall.test")), IsEmpty());
  good(again.remove_all("sip:1002@ringwall.test"));
  EXPECT_THAT(good(again.all()), IsEmpty());
}

TEST_P(RepositoryTest, EventsOnlyGrow) {
  Events events(*database_);
  EventRecord first{0, noon, "i-1", "enqueued", json_object({{"skill_group", "support"}})};
  EventRecord second{0, noon + 1s, "i-2", "enqueued", "{}"};
  EventRecord third{0, noon + 2s, "i-1", "left", json_object({{"why", nasty}})};
  for (EventRecord* event : {&first, &second, &third})
    event->id = good(events.append(*event));
  EXPECT_LT(first.id, second.id);
  EXPECT_LT(second.id, third.id);
  reopen();
  Events again(*database_);
  EXPECT_THAT(good(again.of("i-1")), ElementsAre(first, third));
  EXPECT_THAT(good(again.since(first.id, 10)), ElementsAre(second, third));
  EXPECT_THAT(good(again.since(0, 1)), ElementsAre(first));
}

TEST_P(RepositoryTest, ATransactionIsAllOrNothing) {
  const AgentRecord agent{"1001", AgentState::ready, "", noon, {}, "", {}};
  const auto outcome = database_->transaction("a try", [&]() -> Result<> {
    TRY_VOID(Agents(*database_).put(agent));
    return fail("second thoughts");
  });
  EXPECT_FALSE(outcome);
  EXPECT_THAT(good(Agents(*database_).all()), IsEmpty());
  good(database_->transaction("a deed", [&]() -> Result<> {
    TRY_VOID(Agents(*database_).put(agent));
    return QueuePlaces(*database_).put({"i", "support", noon, 0, 1});
  }));
  EXPECT_THAT(good(Agents(*database_).all()), ElementsAre(agent));
}

TEST_P(RepositoryTest, AFailureIsAnErrorWithoutTheData) {
  const auto outcome = database_->run("a bad deed", [](soci::session& sql) {
    const std::string secret = "4711-secret";
    sql << "INSERT INTO nothing (x) VALUES (:x)", soci::use(secret);
  });
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), ::testing::HasSubstr("a bad deed failed"));
  EXPECT_THAT(outcome.error().text(), ::testing::Not(::testing::HasSubstr("4711")));
  good(Agents(*database_).put({"1001", AgentState::ready, "", noon, {}, "", {}}));
}

TEST_P(RepositoryTest, MigrationsRunOnceAndANewerStoreIsLeftAlone) {
  reopen();
  good(database_->run("looking", [](soci::session& sql) {
    int rows = 0, newest = 0;
    sql << "SELECT CAST(COUNT(*) AS INTEGER), CAST(MAX(version) AS INTEGER) FROM schema_version", soci::into(rows),
        soci::into(newest);
    EXPECT_EQ(rows, newest);
    EXPECT_GE(rows, 1);
    sql << "INSERT INTO schema_version (version, applied) VALUES (9999, 0)";
  }));
  const auto opened = Database::open(target_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), ::testing::HasSubstr("9999"));
}

/// The child writes and says so; whatever it said before it was killed must be there.
TEST_P(RepositoryTest, WhatWasReportedSurvivesKill9) {
  database_.reset();
  int reports[2];
  ASSERT_EQ(pipe(reports), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto opened = Database::open(target_);
    if (!opened) _exit(1);
    Events events(**opened);
    for (std::uint32_t i = 0;; ++i) {
      if (!events.append({0, noon, "i-" + std::to_string(i), "written", "{}"})) _exit(2);
      if (write(reports[1], &i, sizeof i) != sizeof i) _exit(3);
    }
  }
  close(reports[1]);
  std::uint32_t reported = 0, last = 0;
  while (reported < 200 && read(reports[0], &last, sizeof last) == sizeof last)
    ++reported;
  kill(child, SIGKILL);
  while (read(reports[0], &last, sizeof last) == sizeof last)
    ++reported;
  int status = 0;
  waitpid(child, &status, 0);
  close(reports[0]);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  ASSERT_GE(reported, 200u);
  reopen();
  const auto found = good(Events(*database_).since(0, 1'000'000));
  ASSERT_GE(found.size(), reported);
  for (std::uint32_t i = 0; i < reported; ++i)
    EXPECT_EQ(found[i].interaction, "i-" + std::to_string(i));
}

TEST_P(RepositoryTest, CommitsReachTheDisk) {
  good(database_->run("looking", [&](soci::session& sql) {
    std::string found;
    if (GetParam() == Backend::postgresql) {
      sql << "SHOW synchronous_commit", soci::into(found);
      EXPECT_EQ(found, "on");
      return;
    }
    int level = 0;
    sql << "PRAGMA synchronous", soci::into(level);
    EXPECT_EQ(level, 2) << "FULL";
    sql << "PRAGMA journal_mode", soci::into(found);
    EXPECT_EQ(found, "wal");
    EXPECT_EQ(std::filesystem::status(std::get<std::filesystem::path>(target_)).permissions() &
                  std::filesystem::perms::others_all,
              std::filesystem::perms::none);
  }));
}

TEST(PostgresqlSession, IsOpenedAgainWhenItWasLost) {
  PostgresForTest& server = PostgresForTest::instance();
  ASSERT_EQ(server.trouble(), "");
  auto database = Database::open(Secret(server.fresh_database()));
  ASSERT_TRUE(database) << database.error().text();
  const AgentRecord agent{"1001", AgentState::ready, "", noon, {}, "", {}};
  server.drop_sessions();
  EXPECT_FALSE(Agents(**database).put(agent)) << "the first work finds that the session is gone";
  const auto again = Agents(**database).put(agent);
  EXPECT_TRUE(again) << again.error().text();
}

}  // namespace
}  // namespace ringwall::store
