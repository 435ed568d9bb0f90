#include <gmock/gmock.h>

#include "sip/endpoint/simulated_call.h"

namespace ringwall::sip {
namespace {

using simulated::Party;
using simulated::reconfigure;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

struct SessionTimerTest : simulated::CallFixture {
  void set(Party& party, SessionTimers timers) {
    reconfigure(party, [&](EndpointOptions& options) { options.session_timers = timers; });
  }
  void without_update(Party& party) {
    reconfigure(party, [](EndpointOptions& options) { options.allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"; });
  }
  /// A peer that does not know session timers: what it would say of them is taken out.
  void cut(Party& party) {
    party.leaving = [](std::string& bytes) {
      for (const std::string_view line : {"Session-Expires: ", "Require: timer", "Min-SE: ", "Supported: "}) {
        const auto at = bytes.find("\r\n" + std::string(line));
        if (at != std::string::npos) bytes.erase(at, bytes.find("\r\n", at + 2) - at);
      }
    };
  }
};

TEST_F(SessionTimerTest, TheCallerRefreshesAtHalfTheInterval) {
  establish();
  const auto ours = ada.endpoint.view(adas), theirs = bob.endpoint.view(bobs);
  EXPECT_EQ(ours->session_interval, 1800s);
  EXPECT_EQ(theirs->session_interval, 1800s);
  EXPECT_TRUE(ours->refresher);
  EXPECT_FALSE(theirs->refresher);
  network.run(899s);
  EXPECT_TRUE(network.wire.empty());
  network.run(2s);
  EXPECT_THAT(network.wire, ElementsAre("ada UPDATE", "bob 200 UPDATE"));
  EXPECT_EQ(header("UPDATE", HeaderName::session_expires), "1800;refresher=uac");
  EXPECT_EQ(header("UPDATE", HeaderName::min_se), "90");
  EXPECT_EQ(header("SIP/2.0 200", HeaderName::session_expires), "1800;refresher=uac");
  EXPECT_EQ(header("SIP/2.0 200", HeaderName::require), "timer");
  network.run(24h);
  EXPECT_EQ(state(ada, adas), "confirmed");
  EXPECT_EQ(state(bob, bobs), "confirmed");
  EXPECT_TRUE(ada.events.empty() && bob.events.empty()) << "applications see no refresh";
}

TEST_F(SessionTimerTest, WhatTheFirstMessagesSay) {
  ring();
  EXPECT_EQ(header("INVITE", HeaderName::session_expires), "1800");
  EXPECT_EQ(header("INVITE", HeaderName::min_se), "90");
  EXPECT_THAT(header("INVITE", HeaderName::supported), HasSubstr("timer"));
  answer();
  EXPECT_EQ(header("SIP/2.0 200", HeaderName::session_expires), "1800;refresher=uac");
  EXPECT_EQ(header("SIP/2.0 200", HeaderName::require), "timer");
}

// RFC 4028 section 7.4: the same description, so that nothing changes.
TEST_F(SessionTimerTest, RefreshByReinviteWhereUpdateIsNotTaken) {
  without_update(bob);
  establish();
  network.run(901s);
  const auto reinvited = bob.take<Reinvited>();
  ASSERT_TRUE(reinvited);
  EXPECT_EQ(reinvited->message->body(), "offer");
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(1s);
  EXPECT_THAT(network.wire, ElementsAre("ada INVITE", "bob 100 INVITE", "bob 200 INVITE", "ada ACK"));
  EXPECT_TRUE(ada.events.empty());
  EXPECT_TRUE(bob.take<Acked>());
  network.run(890s);
  EXPECT_EQ(network.wire.size(), 4U);
  network.run(20s);
  EXPECT_TRUE(bob.take<Reinvited>()) << "and again";
}

// RFC 4028 section 7.4: a refresh is a re-INVITE like any other, whose answer may say something new.
TEST_F(SessionTimerTest, AnAnswerToARefreshThatSaysSomethingNewIsTold) {
  without_update(bob);
  establish();
  network.run(901s);
  ASSERT_TRUE(bob.take<Reinvited>());
  bob.endpoint.accept(bobs, sdp_body("another answer"), network.now);
  network.run(1s);
  const auto answered = ada.take<Answered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->message->body(), "another answer");
  EXPECT_EQ(count("ada ACK"), 0) << "the application acknowledges it";
  ada.endpoint.ack(adas, {}, network.now);
  network.run(1s);
  EXPECT_EQ(count("ada ACK"), 1);
  EXPECT_TRUE(bob.take<Acked>());
  network.run(900s);
  ASSERT_TRUE(bob.take<Reinvited>());
  bob.endpoint.accept(bobs, sdp_body("another answer"), network.now);
  network.run(1s);
  EXPECT_FALSE(ada.take<Answered>()) << "that is known by now";
  EXPECT_TRUE(bob.take<Acked>());
}

TEST_F(SessionTimerTest, ANewNumberOfTheSameDescriptionIsNoNews) {
  without_update(bob);
  establish();
  for (const char* origin : {"1", "2", "3"}) {
    network.run(901s);
    ASSERT_TRUE(bob.take<Reinvited>());
    bob.endpoint.accept(bobs, sdp_body(fmt::format("v=0\r\no=- 1 {} IN IP4 192.0.2.1\r\ns=-\r\n", origin)),
                        network.now);
    network.run(1s);
    if (std::string_view(origin) == "1") {
      ASSERT_TRUE(ada.take<Answered>()) << "the first one was another";
      ada.endpoint.ack(adas, {}, network.now);
      network.run(1s);
    }
    EXPECT_TRUE(ada.events.empty());
    EXPECT_TRUE(bob.take<Acked>());
  }
}

TEST_F(SessionTimerTest, AVanishedPeerIsNoticedByWhoRefreshes) {
  establish();
  network.drop = [](const Message&) { return true; };
  network.run(900s + 33s);
  const auto ended = ada.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_THAT(ended->reason, HasSubstr("could not be refreshed"));
  EXPECT_THAT(header("BYE", HeaderName::reason), HasSubstr("408"));
}

TEST_F(SessionTimerTest, AVanishedPeerIsNoticedByWhoWaits) {
  establish();
  network.drop = [](const Message&) { return true; };
  network.run(1767s);
  EXPECT_EQ(state(bob, bobs), "confirmed");
  network.run(2s);
  const auto ended = bob.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason, "the session timer ran out");
  EXPECT_THAT(header("BYE", HeaderName::reason), HasSubstr("cause=408"));
}

TEST_F(SessionTimerTest, APeerThatForgotTheCallAnswers481) {
  establish();
  network.drop = [](const Message& message) { return message.method() == Method::bye; };
  bob.endpoint.hang_up(bobs, network.now);
  network.run(100s);
  network.drop = nullptr;
  network.run(900s);
  EXPECT_THAT(ada.take<Ended>()->reason, HasSubstr("481"));
}

TEST_F(SessionTimerTest, A422IsObeyedOnce) {
  set(bob, {.interval = 3600s, .minimum = 3600s});
  ring();
  EXPECT_THAT(network.wire, ElementsAre("ada INVITE", "bob 422 INVITE", "ada ACK", "ada INVITE", "bob 100 INVITE"));
  EXPECT_EQ(header("INVITE", HeaderName::session_expires), "3600");
  EXPECT_EQ(header("INVITE", HeaderName::min_se), "3600");
  EXPECT_EQ(last("INVITE")->body(), "offer");
  EXPECT_TRUE(ada.events.empty());
  answer();
  EXPECT_EQ(ada.endpoint.view(adas)->session_interval, 3600s);
}

TEST_F(SessionTimerTest, A422WithoutReasonIsFinal) {
  for (const std::chrono::seconds minimum : {86'401s, 1'000'000s}) {
    set(bob, {.interval = 1800s, .minimum = minimum});
    adas = ada.endpoint.invite(network.call(bob), network.now);
    network.run(1s);
    const auto refused = ada.take<Refused>();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 422);
  }
}

TEST_F(SessionTimerTest, RefreshThatIsTooShortNow) {
  establish();
  const LegId before = bobs;
  // A proxy on the way has got a longer minimum than before: its 422 is answered with the longer one.
  int refused = 0;
  ada.arriving = [&](std::string& bytes) {
    if (!bytes.starts_with("SIP/2.0 200") || bytes.find("UPDATE") == std::string::npos || refused++ != 0) return;
    bytes.replace(0, 14, "SIP/2.0 422 Too Small");
    bytes.insert(bytes.find("\r\n") + 2, "Min-SE: 2400\r\n");
  };
  network.run(902s);
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(header("UPDATE", HeaderName::session_expires), "2400;refresher=uac");
  EXPECT_EQ(bobs, before);
  EXPECT_EQ(state(ada, adas), "confirmed");
}

TEST_F(SessionTimerTest, NoneOfOurOwnButThePeersWishIsHonoured) {
  set(bob, {.interval = 0s, .minimum = 90s});
  establish();
  EXPECT_EQ(bob.endpoint.view(bobs)->session_interval, 1800s);
  EXPECT_TRUE(ada.endpoint.view(adas)->refresher);
}

TEST_F(SessionTimerTest, NobodyWantsOne) {
  set(ada, {.interval = 0s, .minimum = 90s});
  set(bob, {.interval = 0s, .minimum = 90s});
  establish();
  network.run(24h);
  EXPECT_TRUE(network.wire.empty());
  EXPECT_EQ(ada.endpoint.view(adas)->session_interval, 0s);
}

TEST_F(SessionTimerTest, ACallerThatKnowsNoTimersIsRefreshedByUs) {
  cut(ada);
  establish();
  EXPECT_TRUE(bob.endpoint.view(bobs)->refresher);
  network.run(901s);
  EXPECT_THAT(network.wire, ElementsAre("bob UPDATE", "ada 200 UPDATE"));
  network.drop = [](const Message&) { return true; };
  network.run(1000s);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_F(SessionTimerTest, ACalledSideThatKnowsNoTimersIsAskedWhetherItIsThere) {
  cut(bob);
  establish();
  EXPECT_TRUE(ada.endpoint.view(adas)->refresher);
  network.run(901s);
  EXPECT_THAT(network.wire, ElementsAre("ada UPDATE", "bob 200 UPDATE"));
  network.drop = [](const Message&) { return true; };
  network.run(1000s);
  EXPECT_TRUE(ada.take<Ended>());
}

TEST_F(SessionTimerTest, RefreshThatCrossesAReinviteWaits) {
  without_update(bob);
  establish();
  bob.answer = ada.answer = [](const Event&) { return false; };
  network.run(899s);
  bob.endpoint.reinvite(bobs, sdp_body("bob's"), network.now);
  network.run(3s);
  ASSERT_TRUE(ada.take<Reinvited>());
  EXPECT_EQ(count("ada INVITE"), 0) << "not while the other one is open";
  ada.endpoint.accept(adas, sdp_body("ada's"), network.now);
  network.run(100ms);
  EXPECT_TRUE(bob.take<Answered>());
  bob.endpoint.ack(bobs, {}, network.now);
  network.run(100ms);
  EXPECT_TRUE(ada.take<Acked>());
  network.run(800s);
  EXPECT_EQ(count("ada INVITE"), 0) << "bob's re-INVITE has refreshed the session";
}

// Both at once: 491, and one of them comes again.
TEST_F(SessionTimerTest, RefreshGlare) {
  without_update(bob);
  establish();
  bob.answer = [&](const Event& event) {
    if (const auto* offer = std::get_if<Reinvited>(&event))
      return bob.endpoint.accept(offer->leg, sdp_body("answer"), network.now), true;
    if (const auto* answered = std::get_if<Answered>(&event)) bob.endpoint.ack(answered->leg, {}, network.now);
    return true;
  };
  ada.answer = [&](const Event& event) {
    if (const auto* offer = std::get_if<Reinvited>(&event))
      ada.endpoint.accept(offer->leg, sdp_body("answer"), network.now);
    return true;
  };
  network.run(900s - 100ms);
  network.run(100ms - (network.now.time_since_epoch() % 100ms));
  bob.endpoint.reinvite(bobs, sdp_body("bob's"), network.now);
  network.run(30s);
  EXPECT_GE(count("bob 200 INVITE") + count("ada 200 INVITE"), 1);
  EXPECT_EQ(state(ada, adas), "confirmed");
  EXPECT_EQ(state(bob, bobs), "confirmed");
}

TEST_F(SessionTimerTest, AnUpdateThatIsNotTakenAfterAllIsFollowedByAReinvite) {
  establish();
  ada.arriving = [](std::string& bytes) {
    if (bytes.starts_with("SIP/2.0 200") && bytes.find("UPDATE\r\n") != std::string::npos)
      bytes.replace(0, 14, "SIP/2.0 405 No");
  };
  network.run(901s);
  EXPECT_THAT(network.wire, Contains("ada UPDATE").Times(1));
  EXPECT_TRUE(bob.take<Reinvited>());
}

TEST_F(SessionTimerTest, RetryAfterIsObeyedUntilTheEnd) {
  establish();
  ada.arriving = [](std::string& bytes) {
    if (!bytes.starts_with("SIP/2.0 200") || bytes.find("UPDATE\r\n") == std::string::npos) return;
    bytes.replace(0, 14, "SIP/2.0 503 No");
    bytes.insert(bytes.find("\r\n") + 2, "Retry-After: 100\r\n");
  };
  network.run(1767s);
  EXPECT_THAT(network.wire, Contains("ada UPDATE").Times(9));
  network.run(3s);
  EXPECT_EQ(ada.take<Ended>()->reason, "the session timer ran out");
}

}  // namespace
}  // namespace ringwall::sip
