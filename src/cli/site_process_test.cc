#include "cli/site_process.h"

#include <gmock/gmock.h>
#include <unistd.h>
#include <boost/json/array.hpp>

#include <fstream>
#include <sstream>
#include <thread>

#include "cli/init.h"
#include "cli/json_text.h"
#include "cli/test_call.h"
#include "pki/authority.h"
#include "policy/site.h"

namespace ringwall::cli {
namespace {

using call::Phone;
using namespace std::chrono_literals;
using testing::HasSubstr;

/// The sample site on addresses of this process's own, run by a thread.
class SiteProcessTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mkdtemp(folder_.data()));
    const auto made = make_site(folder_ + "/site");
    ASSERT_TRUE(made) << made.error().text();
    move_addresses();
    auto started = SiteProcess::start({.site = site_folder()});
    ASSERT_TRUE(started) << started.error().text();
    process_ = std::move(*started);
    runner_ = std::thread([this] { process_->run(); });
    loaded_ = policy::load(site_folder(), wall_now());
    ASSERT_TRUE(loaded_.usable());
  }

  void TearDown() override {
    if (process_) process_->stop();
    if (runner_.joinable()) runner_.join();
    process_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::filesystem::path site_folder() const { return std::filesystem::path(folder_) / "site"; }

  void move_addresses() {
    const auto file = site_folder() / "ringwall.toml";
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    std::string moved = text.str();
    const std::string from = "127.18.133.", to = fmt::format("127.{}.{}.", 101 + getpid() / 250 % 100, getpid() % 250);
    for (std::size_t at = 0; (at = moved.find(from, at)) != std::string::npos; at += to.size())
      moved.replace(at, from.size(), to);
    std::ofstream(file) << moved;
  }

  TestCallPlan plan() {
    TestCallPlan plan;
    plan.site = &loaded_.site;
    plan.trunk = loaded_.site.trunk("carrier");
    plan.number = loaded_.site.verify->number;
    plan.caller_address = loaded_.site.verify->caller_address;
    plan.phone_address = loaded_.site.verify->phone_address;
    for (const auto& agent : loaded_.site.agents)
      if (agent.id == loaded_.site.verify->agent) plan.agent = &agent;
    plan.phone = loaded_.site.phone_of_line(plan.agent->line);
    plan.caller_identity = site_folder() / "pki/caller";
    plan.phone_identity = site_folder() / "pki/test-phone";
    auto authority = pki::Authority::open(site_folder() / "pki");
    EXPECT_TRUE(authority->issue({.name = plan.trunk->names.front(), .out = plan.caller_identity}, wall_now()));
    EXPECT_TRUE(authority->issue({.name = plan.phone->name, .out = plan.phone_identity}, wall_now()));
    return plan;
  }

  /// Every leg of every element is gone, and with them the ports.
  bool empty_in(Duration limit) {
    const desktop::ControlClient control(site_folder());
    for (const Time end = Clock::now() + limit; Clock::now() < end; std::this_thread::sleep_for(20ms)) {
      const auto calls = control.call("GET", "/v1/calls");
      if (calls && list_of(*calls, "calls").empty()) return true;
    }
    return false;
  }

  /// A phone on the carrier's trunk, with its own loop and media.
  struct Caller {
    Caller(const policy::Site& site, const TestCallPlan& plan)
        : media({}, [this](std::function<void()> work) { loop.post(std::move(work)); }, [](const media::Event&) {}) {
      call::PhoneOptions options;
      options.name = "caller";
      options.domain = plan.trunk->names.front();
      options.address = plan.caller_address;
      options.identity = runtime::TlsIdentity::in_folder(plan.caller_identity);
      options.anchors.file = plan.caller_identity / "anchors.pem";
      options.server = {site.element("edge")->address, 5061};
      options.server_name = site.element("edge")->host;
      auto made = Phone::create(loop, media, options);
      EXPECT_TRUE(made) << made.error().text();
      phone = std::move(*made);
    }
    runtime::SignallingLoop loop;
    runtime::MediaEngine media;
    std::unique_ptr<Phone> phone;
  };

  std::string folder_ = "/tmp/ringwall-site-test-XXXXXX";
  policy::Loaded loaded_;
  std::unique_ptr<SiteProcess> process_;
  std::thread runner_;
};

TEST_F(SiteProcessTest, ACallReachesTheAgentAndLeavesNothing) {
  const desktop::ControlClient control(site_folder());
  TestCall call(plan(), control, [](std::string_view) {});
  const auto result = call.run();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_TRUE(result->caller_tone_heard);
  EXPECT_TRUE(result->agent_tone_heard);
  EXPECT_FALSE(call.seen_legs().empty());
  call.finish();
  EXPECT_TRUE(empty_in(5s));
  const auto agents = control.call("GET", "/v1/agents");
  ASSERT_TRUE(agents);
  for (const auto& agent : list_of(*agents, "agents"))
    EXPECT_EQ(text_of(agent, "state"), "LOGOUT");
}

TEST_F(SiteProcessTest, ACallerMayHangUpAtAnyMoment) {
  const TestCallPlan plan = this->plan();
  Caller caller(loaded_.site, plan);
  for (const Duration after : {0ms, 1ms, 3ms, 10ms, 30ms, 100ms, 300ms}) {
    caller.phone->call(plan.number);
    caller.loop.run_until([] { return false; }, after);
    caller.phone->hang_up();
    caller.loop.run_until([] { return false; }, 50ms);
    EXPECT_TRUE(empty_in(5s)) << "hung up after "
                              << std::chrono::duration_cast<std::chrono::milliseconds>(after).count() << " ms";
  }
}

TEST_F(SiteProcessTest, AnUnknownNumberIsRefusedInWords) {
  Caller caller(loaded_.site, plan());
  caller.phone->call("4711");
  ASSERT_TRUE(caller.loop.run_until([&] { return caller.phone->state() == Phone::State::over; }, 10s));
  EXPECT_EQ(caller.phone->last_status(), 404);
  EXPECT_THAT(caller.phone->failure(), HasSubstr("nobody answers the number 4711 here"));
  const auto refusals = desktop::ControlClient(site_folder()).call("GET", "/v1/refusals");
  ASSERT_TRUE(refusals);
  EXPECT_EQ(list_of(*refusals, "refusals").size(), 1u);
}

}  // namespace
}  // namespace ringwall::cli
