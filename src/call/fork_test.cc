#include "call/fork.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "call/leg_pair.h"
#include "runtime/element_for_test.h"

namespace ringwall::call {
namespace {

using runtime::test::element_options;
using runtime::test::kPatience;
using runtime::test::TestAuthority;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// One called side: answers as it is told, and writes down what it hears.
struct Device final : LegOwner, std::enable_shared_from_this<Device> {
  std::unique_ptr<UserAgent> agent;
  int answers_with = 180;  ///< 180: it rings on
  std::vector<std::string> heard;
  sip::LegId leg;

  void take(const sip::IncomingInvite& invite) {
    heard.emplace_back("invite");
    leg = invite.leg;
    agent->own(leg, shared_from_this());
    if (answers_with < 200)
      agent->endpoint().provisional(leg, answers_with, {}, agent->now());
    else if (answers_with < 300)
      agent->endpoint().accept(leg, sip::sdp_body("answer"), agent->now());
    else
      agent->endpoint().reject(
          leg, {.status = answers_with, .headers = {{"Warning", "399 d \"" + agent->name() + "\""}}}, agent->now());
  }
  void on(const sip::Answered&) override {}
  void on(const sip::Refused&) override {}
  void on(const sip::Reinvited&) override {}
  void on(const sip::Acked&) override { heard.emplace_back("ack"); }
  void on(const sip::Ended& ended) override {
    const auto reasons = reasons_of(ended.message);
    heard.push_back("ended " + (reasons.empty() ? std::string() : reasons.front().second));
  }
  void on(const sip::IncomingRequest&) override {}
  void hang_up(std::string_view) override {}
  void describe(std::vector<LegView>&) const override {}
};

/// The calling side: does with its fork what an owner has to do.
struct Caller final : LegOwner, std::enable_shared_from_this<Caller> {
  UserAgent* agent = nullptr;
  std::unique_ptr<Fork> fork;
  std::vector<std::string> outcome;

  void on(const sip::Answered& answered) override {
    outcome.push_back("answered by " + fork->target_of(answered.leg)->peer);
    fork->choose(answered.leg);
    agent->endpoint().ack(answered.leg, {}, agent->now());
  }
  void on(const sip::Refused& refused) override {
    if (!fork->refused(refused)) outcome.push_back("refused " + std::to_string(fork->best().status));
  }
  void on(const sip::Reinvited&) override {}
  void on(const sip::Ended&) override {}
  void on(const sip::IncomingRequest&) override {}
  void hang_up(std::string_view) override {}
  void describe(std::vector<LegView>&) const override {}
};

struct ForkTest : testing::Test {
  static constexpr int devices_count = 3;

  void SetUp() override {
    agent = make("caller", "127.32.0.9", [](const sip::IncomingInvite&) {});
    for (int i = 0; i < devices_count; ++i) {
      auto device = std::make_shared<Device>();
      device->agent = make(fmt::format("d{}", i), fmt::format("127.32.0.{}", i + 1),
                           [raw = device.get()](const sip::IncomingInvite& invite) { raw->take(invite); });
      devices.push_back(std::move(device));
    }
    caller->agent = agent.get();
  }
  /// A device owns its user agent, which owns the device while a call is up.
  void TearDown() override {
    for (const auto& device : devices)
      device->agent.reset();
  }
  std::unique_ptr<UserAgent> make(const std::string& name, const std::string& address,
                                  std::function<void(const sip::IncomingInvite&)> on_invite) {
    auto options = element_options(name, address, authority.identity(name + ".ringwall.test"));
    for (const std::string peer : {"caller", "d0", "d1", "d2"})
      if (peer != name) options.peers.push_back({peer, {peer + ".ringwall.test"}, authority.anchors(), "1.2"});
    auto made = UserAgent::create(loop, std::move(options), {.invite = std::move(on_invite)});
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }
  /// Rings all devices with these preferences.
  void ring(std::vector<int> q) {
    sip::Outgoing out;
    out.from = "<sip:caller@ringwall.test>";
    out.to = "<sip:1001@ringwall.test>";
    out.body = sip::sdp_body("offer");
    std::vector<ForkTarget> targets;
    for (std::size_t i = 0; i < q.size(); ++i) {
      const NetAddress address = devices[i]->agent->host().local(sip::Transport::tls);
      targets.push_back({fmt::format("d{}", i),
                         fmt::format("sip:d{}@d{}.ringwall.test", i, i),
                         {.transport = sip::Transport::tls, .address = address, .peer = fmt::format("d{}", i)},
                         {},
                         q[i]});
    }
    caller->fork = std::make_unique<Fork>(*agent, std::weak_ptr<LegOwner>(caller), std::move(out), std::move(targets));
    ASSERT_TRUE(caller->fork->ring_next());
  }
  void until(const std::function<bool()>& done) { ASSERT_TRUE(loop.run_until(done, kPatience)); }
  /// No leg is left anywhere.
  [[nodiscard]] bool silent() const {
    const auto idle = [](UserAgent& one) { return one.host().endpoint().leg_count() == 0; };
    return idle(*agent) && std::ranges::all_of(devices, [&](const auto& device) { return idle(*device->agent); });
  }

  runtime::SignallingLoop loop;
  TestAuthority authority{"test root"};
  std::unique_ptr<UserAgent> agent;
  std::vector<std::shared_ptr<Device>> devices;
  std::shared_ptr<Caller> caller = std::make_shared<Caller>();
};

TEST_F(ForkTest, TheFirstToAnswerHasTheCall) {
  ring({1000, 1000, 1000});
  until([&] { return std::ranges::all_of(devices, [](const auto& one) { return !one->heard.empty(); }); });
  auto& winner = *devices[1];
  winner.agent->endpoint().accept(winner.leg, sip::sdp_body("answer"), winner.agent->now());
  until([&] { return winner.heard.size() == 2 && devices[0]->heard.size() == 2 && devices[2]->heard.size() == 2; });
  EXPECT_THAT(winner.heard, ElementsAre("invite", "ack"));
  for (const int loser : {0, 2})
    EXPECT_EQ(devices[loser]->heard.back(), "ended SIP;cause=200;text=\"Call completed elsewhere\"");
  EXPECT_THAT(caller->outcome, ElementsAre("answered by d1"));
  agent->endpoint().hang_up(caller->fork->legs().front(), agent->now());
  until([&] { return silent(); });
}

TEST_F(ForkTest, GroupsRingOneAfterTheOther) {
  devices[0]->answers_with = 486;
  devices[1]->answers_with = 200;
  devices[2]->answers_with = 480;
  ring({900, 500, 900});
  EXPECT_EQ(caller->fork->legs().size(), 2U);
  until([&] { return !caller->outcome.empty() && devices[1]->heard.size() == 2; });
  EXPECT_THAT(caller->outcome, ElementsAre("answered by d1"));
  EXPECT_EQ(devices[2]->heard.size(), 1U);
}

TEST_F(ForkTest, TheBestRefusalIsTold) {
  devices[0]->answers_with = 503;
  devices[1]->answers_with = 486;
  devices[2]->answers_with = 500;
  ring({1000, 1000, 1000});
  until([&] { return !caller->outcome.empty(); });
  EXPECT_THAT(caller->outcome, ElementsAre("refused 486"));
  const auto& headers = caller->fork->best().headers;
  ASSERT_EQ(headers.size(), 1U);
  EXPECT_EQ(headers.front().second, "399 d \"d1\"");
}

TEST_F(ForkTest, A6xxEndsIt) {
  devices[0]->answers_with = 603;
  ring({1000, 1000, 500});
  until([&] { return !caller->outcome.empty() && devices[1]->heard.size() != 1; });
  EXPECT_THAT(caller->outcome, ElementsAre("refused 603"));
  EXPECT_TRUE(devices[2]->heard.empty()) << "nobody else is rung";
  until([&] { return silent(); });
}

TEST_F(ForkTest, ACallerThatGoesEndsAll) {
  ring({1000, 1000, 1000});
  until([&] { return std::ranges::all_of(devices, [](const auto& one) { return !one->heard.empty(); }); });
  caller->fork->cancel({{"Reason", "SIP;cause=487"}});
  until([&] { return silent(); });
  for (const auto& device : devices)
    EXPECT_THAT(device->heard, ElementsAre("invite", "ended SIP;cause=487"));
  EXPECT_FALSE(caller->fork->ring_next());
}

TEST(ForkRefusals, AreRanked) {
  const std::vector<int> best_first = {603, 302, 401, 486, 500, 503};
  for (std::size_t i = 0; i < best_first.size(); ++i)
    for (std::size_t j = 0; j < best_first.size(); ++j)
      EXPECT_EQ(is_better_refusal(best_first[i], best_first[j]), i < j) << best_first[i] << " " << best_first[j];
  EXPECT_FALSE(is_better_refusal(404, 486)) << "of equals the first one";
}

}  // namespace
}  // namespace ringwall::call
