#include "store/store_thread.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "base/log.h"
#include "store/agents.h"

namespace ringwall::store {
namespace {

class StoreThreadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/ringwall-store-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Database> open() {
    auto opened = Database::open(folder_ / "site.db");
    EXPECT_TRUE(opened) << opened.error().text();
    return std::move(*opened);
  }
  /// Completions wait here, as they would in the owner's loop.
  StoreThread::Post post() {
    return [this](std::move_only_function<void()> done) {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(done));
    };
  }
  void run_posted() {
    std::deque<std::move_only_function<void()>> now;
    {
      const std::lock_guard lock(mutex_);
      now.swap(posted_);
    }
    for (auto& done : now)
      done();
  }

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::deque<std::move_only_function<void()>> posted_;
};

TEST_F(StoreThreadTest, WorksInOrderAndPostsTheOutcome) {
  StoreThread thread(open(), post());
  std::vector<std::size_t> seen;
  for (int i = 0; i < 20; ++i)
    thread.submit(
        [i](Database& database) -> Result<std::size_t> {
          Agents agents(database);
          TRY_VOID(agents.put({std::to_string(100 + i), AgentState::ready, "", {}, {}, "", {}}));
          TRY(const auto all, agents.all());
          return all.size();
        },
        [&](Result<std::size_t> count) { seen.push_back(count.value_or(0)); });
  thread.drain();
  EXPECT_TRUE(seen.empty()) << "completions run where they were posted to, not on the store's thread";
  run_posted();
  ASSERT_EQ(seen.size(), 20u);
  for (std::size_t i = 0; i < seen.size(); ++i)
    EXPECT_EQ(seen[i], i + 1);
}

TEST_F(StoreThreadTest, WhatWasSubmittedIsDoneBeforeTheEnd) {
  {
    StoreThread thread(open(), post());
    for (int i = 0; i < 50; ++i)
      thread.submit([i](Database& database) {
        return Agents(database).put({std::to_string(i), AgentState::ready, "", {}, {}, "", {}});
      });
  }
  auto database = open();
  EXPECT_EQ(Agents(*database).all().value_or(std::vector<AgentRecord>{}).size(), 50u);
}

TEST_F(StoreThreadTest, AnErrorNobodyWaitsForIsLogged) {
  std::string logged;
  log::set_sink([&](const log::Record& record) { logged += record.text; });
  {
    StoreThread thread(open(), post());
    thread.submit([](Database&) -> Result<> { return fail("the disk is full"); });
    thread.drain();
  }
  log::set_sink(nullptr);
  EXPECT_THAT(logged, ::testing::HasSubstr("the disk is full"));
}

TEST_F(StoreThreadTest, FindsItsTarget) {
  const auto sqlite = find_target(folder_, "sqlite");
  ASSERT_TRUE(sqlite);
  EXPECT_EQ(std::get<std::filesystem::path>(*sqlite), folder_ / "store" / "site.db");
  EXPECT_FALSE(find_target(folder_, "conninfo"));
  std::ofstream(folder_ / "conninfo") << "host=/nowhere password=hunter2\n";
  const auto postgresql = find_target(folder_, "conninfo");
  ASSERT_TRUE(postgresql);
  EXPECT_EQ(as_text(std::get<Secret>(*postgresql).reveal()), "host=/nowhere password=hunter2");
  const auto opened = Database::open(*postgresql);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), ::testing::Not(::testing::HasSubstr("hunter2")));
}

TEST_F(StoreThreadTest, AFileThatIsNoStoreIsAnError) {
  std::ofstream(folder_ / "site.db") << std::string(8192, 'x');
  const auto opened = Database::open(folder_ / "site.db");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), ::testing::HasSubstr("opening the store failed"));
}

}  // namespace
}  // namespace ringwall::store
