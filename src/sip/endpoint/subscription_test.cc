#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"
#include "sip/endpoint/subscription.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;
using Value = SubscriptionState::Value;

Body state_body(std::string text) {
  return {"text/plain", std::move(text)};
}

// Ada watches, bob tells.
struct SubscriptionTest : testing::TestWithParam<Transport> {
  Network network{GetParam()};
  Party& ada = network.ada;
  Party& bob = network.bob;
  SubscriptionId adas, bobs;

  void TearDown() override {
    ada.endpoint.unsubscribe(adas, network.now);
    network.run(std::chrono::hours(2));
    ada.events.clear();
    bob.events.clear();
    EXPECT_TRUE(network.idle());
    for (const std::string& line : network.wire)
      EXPECT_THAT(line, testing::Not(HasSubstr("MALFORMED")));
  }
  Outgoing request() {
    Outgoing out = network.call(bob, "");
    out.headers = {{"Accept", "text/plain"}};
    return out;
  }
  void ask(std::chrono::seconds expires = 600s, std::string event = "dialog") {
    adas = ada.endpoint.subscribe(request(), std::move(event), expires, network.now);
    network.run(100ms);
  }
  std::optional<IncomingSubscribe> offered() {
    auto out = bob.take<IncomingSubscribe>();
    if (out) bobs = out->id;
    return out;
  }
  void establish(std::chrono::seconds expires = 600s) {
    ask(expires);
    ASSERT_TRUE(offered());
    bob.endpoint.accept_subscription(bobs, expires, network.now);
    tell(Value::active, "first");
    ASSERT_EQ(heard(), "first");
    network.wire.clear();
    network.transmits.clear();
  }
  void tell(Value value, std::string text, std::string reason = {}) {
    bob.endpoint.notify(bobs, {value, std::move(reason)}, state_body(std::move(text)), network.now);
    network.run(100ms);
  }
  // The body of the next NOTIFY that ada was told of.
  std::string heard() {
    const auto event = ada.take<Notified>();
    if (!event) return "nothing";
    EXPECT_EQ(event->id, adas);
    return std::string(event->message->body());
  }
  std::string ended(Party& party) {
    const auto event = party.take<SubscriptionEnded>();
    return event ? fmt::format("{} {}", event->status, event->reason) : "no";
  }
  std::string last(std::string_view method, HeaderName name) {
    std::string out = "none";
    for (const auto& transmit : network.transmits) {
      const auto message = Message::parse(transmit.bytes);
      if (message && message->is_request() && message->method_name() == method) out = message->header(name);
    }
    return out;
  }
};

TEST_P(SubscriptionTest, StateIsToldAtOnceAndWhenItChanges) {
  ask(600s, "dialog;id=7");
  const auto asked = offered();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->expires, 600s);
  EXPECT_EQ(asked->message->header(HeaderName::accept), "text/plain");
  bob.endpoint.accept_subscription(bobs, 300s, network.now);
  tell(Value::active, "one");
  EXPECT_EQ(heard(), "one");
  EXPECT_EQ(last("NOTIFY", HeaderName::event), "dialog;id=7");
  EXPECT_THAT(last("NOTIFY", HeaderName::subscription_state), testing::MatchesRegex("active;expires=(300|299)"));
  tell(Value::pending, "two");
  EXPECT_EQ(heard(), "two");
  tell(Value::terminated, "last", "noresource");
  EXPECT_EQ(heard(), "last");
  EXPECT_EQ(last("NOTIFY", HeaderName::subscription_state), "terminated;reason=noresource");
  EXPECT_EQ(ended(ada), "0 noresource");
  EXPECT_THAT(bob.events, IsEmpty()) << "bob has said so himself";
  EXPECT_EQ(ada.endpoint.subscription_count() + bob.endpoint.subscription_count(), 0U);
}

TEST_P(SubscriptionTest, TheSubscriberRefreshesInTime) {
  establish();
  network.run(570s);
  EXPECT_TRUE(bob.take<SubscriptionRefreshed>());
  tell(Value::active, "again");
  EXPECT_EQ(heard(), "again");
  network.run(500s);
  EXPECT_EQ(ended(ada), "no");
  EXPECT_EQ(ada.endpoint.subscription_count(), 1U);
}

TEST_P(SubscriptionTest, LeavingBringsOneLastNotify) {
  establish();
  ada.endpoint.unsubscribe(adas, network.now);
  network.run(100ms);
  ASSERT_TRUE(bob.take<SubscriptionRefreshed>());
  tell(Value::active, "bye");
  EXPECT_EQ(last("NOTIFY", HeaderName::subscription_state), "terminated;reason=timeout");
  EXPECT_EQ(ended(bob), "0 timeout");
  EXPECT_THAT(ada.events, IsEmpty());
  EXPECT_EQ(ada.endpoint.subscription_count() + bob.endpoint.subscription_count(), 0U);
}

TEST_P(SubscriptionTest, AFetchIsOneNotify) {
  ask(0s);
  ASSERT_EQ(offered().value().expires, 0s);
  bob.endpoint.accept_subscription(bobs, 0s, network.now);
  tell(Value::active, "now");
  EXPECT_EQ(heard(), "now");
  EXPECT_EQ(ended(ada), "0 timeout");
  EXPECT_EQ(ended(bob), "0 timeout");
}

TEST_P(SubscriptionTest, TheNotifierEndsWhatIsNotRefreshed) {
  establish();
  network.drop = [](const Message& message) { return message.is_request() && message.method() == Method::subscribe; };
  network.run(601s);
  EXPECT_EQ(ended(bob), "0 timeout");
  EXPECT_EQ(bob.endpoint.subscription_count(), 0U);
}

TEST_P(SubscriptionTest, NotifiesWaitForEachOther) {
  establish();
  for (const char* text : {"a", "b", "c"})
    bob.endpoint.notify(bobs, {}, state_body(text), network.now);
  network.pump();
  EXPECT_THAT(network.wire, ElementsAre("bob NOTIFY"));
  network.run(1s);
  EXPECT_EQ(heard(), "a");
  EXPECT_EQ(heard(), "b");
  EXPECT_EQ(heard(), "c");
}

TEST_P(SubscriptionTest, TheNotifyMayComeBeforeThe200) {
  network.drop = [](const Message& message) { return message.is_response() && message.method() == Method::subscribe; };
  ask();
  ASSERT_TRUE(offered());
  bob.endpoint.accept_subscription(bobs, 600s, network.now);
  tell(Value::active, "early");
  EXPECT_EQ(heard(), "early");
  network.drop = nullptr;
  network.run(10s);
  EXPECT_EQ(ada.endpoint.subscription_count(), 1U);
}

TEST_P(SubscriptionTest, WithoutNotifyTimerNEndsIt) {
  ask();
  ASSERT_TRUE(offered());
  bob.endpoint.accept_subscription(bobs, 600s, network.now);
  network.run(33s);
  EXPECT_EQ(ended(ada), "408 no NOTIFY came in time");
}

TEST_P(SubscriptionTest, LeavingBeforeTheDialogLetsTheNotifyFail) {
  ask();
  ASSERT_TRUE(offered());
  ada.endpoint.unsubscribe(adas, network.now);
  bob.endpoint.accept_subscription(bobs, 600s, network.now);
  tell(Value::active, "too late");
  EXPECT_EQ(ended(bob), "0 the NOTIFY failed: 481 Call/Transaction Does Not Exist");
  EXPECT_THAT(ada.events, IsEmpty());
}

TEST_P(SubscriptionTest, ATooShortTimeIsAskedForAgainOnce) {
  ask(10s);
  const auto asked = offered();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->expires, 60s);
  EXPECT_THAT(network.wire, testing::Contains("bob 423 SUBSCRIBE"));
  bob.endpoint.reject_subscription(bobs, {.status = 403}, network.now);
  network.run(1s);
  EXPECT_EQ(ended(ada), "403 Forbidden");
}

TEST_P(SubscriptionTest, AnUnknownPackageIs489) {
  ask(600s, "winfo");
  EXPECT_EQ(ended(ada), "489 Bad Event");
  EXPECT_THAT(bob.events, IsEmpty());
  const auto refusal = std::ranges::find_if(
      network.transmits, [](const Transmit& transmit) { return transmit.bytes.find("SIP/2.0 489") == 0; });
  ASSERT_NE(refusal, network.transmits.end());
  EXPECT_THAT(refusal->bytes, HasSubstr("\r\nAllow-Events: dialog, message-summary, presence, refer\r\n"));
}

TEST_P(SubscriptionTest, OnlyAReferBeginsARefer) {
  ask(600s, "refer");
  EXPECT_EQ(ended(ada), "403 Forbidden");
}

TEST_P(SubscriptionTest, NobodyAnswers) {
  ask();
  ASSERT_TRUE(offered());
  network.run(40s);
  EXPECT_EQ(ended(bob), "0 nobody answered the SUBSCRIBE");
  EXPECT_THAT(ended(ada), testing::AnyOf("500 Server Internal Error", "408 no NOTIFY came in time",
                                         "408 no response came in time"));
}

struct Refusal {
  int status;
  bool ends;
};

TEST_P(SubscriptionTest, WhatARefusedRefreshMeans) {
  for (const Refusal& refusal : {Refusal{481, true}, Refusal{404, true}, Refusal{489, true}, Refusal{500, false},
                                 Refusal{503, false}, Refusal{403, false}}) {
    EXPECT_EQ(harm_of(refusal.status) != Harm::none, refusal.ends) << refusal.status;
  }
  EXPECT_EQ(harm_of(404), Harm::dialog);
  EXPECT_EQ(harm_of(481), Harm::usage);
}

TEST_P(SubscriptionTest, AForgottenSubscriptionEndsAtTheRefresh) {
  establish();
  bob.endpoint.notify(bobs, {Value::terminated, "deactivated"}, {}, network.now);
  network.drop = [](const Message& message) { return message.method() == Method::notify; };
  network.run(570s);  // the NOTIFY never arrived
  network.drop = nullptr;
  network.run(10s);
  EXPECT_EQ(ended(ada), "481 Call/Transaction Does Not Exist");
}

INSTANTIATE_TEST_SUITE_P(Transports, SubscriptionTest, testing::Values(Transport::udp, Transport::tls),
                         [](const auto& info) { return std::string(print(info.param)); });

}  // namespace
}  // namespace ringwall::sip
