#include "runtime/signalling_loop.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "runtime/process.h"
#include "runtime/spawn.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

TEST(SignallingLoop, RunsTimersInTheirOrder) {
  SignallingLoop loop;
  std::string order;
  const auto late = loop.after(20ms, [&] { order += "b"; });
  const auto early = loop.after(1ms, [&] { order += "a"; });
  EXPECT_TRUE(late.pending());
  EXPECT_TRUE(loop.run_until([&] { return order.size() == 2; }, 20s));
  EXPECT_EQ(order, "ab");
  EXPECT_FALSE(late.pending());
}

TEST(SignallingLoop, ACancelledOrDroppedTimerNeverRuns) {
  SignallingLoop loop;
  bool ran = false, end = false;
  auto cancelled = loop.after(1ms, [&] { ran = true; });
  {
    const auto dropped = loop.after(1ms, [&] { ran = true; });
  }
  auto replaced = loop.after(1ms, [&] { ran = true; });
  replaced = loop.after(30ms, [&] { end = true; });
  cancelled.cancel();
  EXPECT_FALSE(cancelled.pending());
  EXPECT_TRUE(loop.run_until([&] { return end; }, 20s));
  EXPECT_FALSE(ran);
}

TEST(SignallingLoop, ATimerMayReplaceItselfWhileItRuns) {
  SignallingLoop loop;
  int count = 0;
  LoopTimer timer;
  std::function<void()> again = [&] {
    if (++count < 3) timer = loop.after(1ms, [&] { again(); });
  };
  timer = loop.after(1ms, [&] { again(); });
  EXPECT_TRUE(loop.run_until([&] { return count == 3; }, 20s));
}

TEST(SignallingLoop, TakesWorkFromOtherThreads) {
  SignallingLoop loop;
  std::thread::id ran_on;
  std::thread other([&] {
    loop.post([&] {
      ran_on = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(SignallingLoop, RunUntilSaysWhenTheLimitCameFirst) {
  SignallingLoop loop;
  EXPECT_FALSE(loop.run_until([] { return false; }, 5ms));
}

TEST(ProcessSignals, CallsBackEachTime) {
  SignallingLoop loop;
  int reloads = 0, ends = 0;
  handle_signals(loop, {[&] { ++ends; }, [&] { ++reloads; }, {}});
  std::raise(SIGHUP);
  EXPECT_TRUE(loop.run_until([&] { return reloads == 1; }, 20s));
  std::raise(SIGHUP);
  EXPECT_TRUE(loop.run_until([&] { return reloads == 2; }, 20s));
  std::raise(SIGTERM);
  std::raise(SIGINT);  // without a callback of its own it means terminate
  EXPECT_TRUE(loop.run_until([&] { return ends == 2; }, 20s));
}

Task count_down(int& left) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (left > 0) {
    timer.expires_after(1ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
    --left;
  }
}

Task throw_soon(int& left) {
  co_await count_down(left);
  throw std::runtime_error("no such luck");
}

TEST(Spawn, RunsACoroutineOnTheLoop) {
  SignallingLoop loop;
  int left = 3;
  spawn(loop, "count", count_down(left));
  EXPECT_TRUE(loop.run_until([&] { return left == 0; }, 20s));
}

TEST(SpawnDeathTest, AnExceptionIsLoggedAndAborts) {
  EXPECT_DEATH(
      {
        SignallingLoop loop;
        int left = 1;
        spawn(loop, "unlucky", throw_soon(left));
        loop.run_until([] { return false; }, 20s);
      },
      "unlucky.*no such luck");
}

TEST(SignallingLoopDeathTest, AnExceptionOutOfACallbackAborts) {
  EXPECT_DEATH(
      {
        SignallingLoop loop;
        loop.post([] { throw std::runtime_error("bug"); });
        loop.run_until([] { return false; }, 20s);
      },
      "bug");
}

}  // namespace
}  // namespace ringwall::runtime
