#include <gmock/gmock.h>

#include "base/limits.h"
#include "sip/endpoint/simulated_network.h"
#include "sip/message/respond.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using testing::IsEmpty;
using namespace std::chrono_literals;

Body state_body(std::string text) {
  return {"text/plain", std::move(text)};
}

// Bob against a peer that is written out by hand.
struct SubscriptionRulesTest : testing::Test {
  Network network{Transport::tls};
  Party& ada = network.ada;
  Party& bob = network.bob;
  int cseq = 0;

  std::string request(std::string_view method, std::string_view headers, std::string_view to_tag = {},
                      std::string_view from_tag = "pt", std::string_view call_id = "peers") {
    return fmt::format(
        "{0} sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKp{1}\r\n"
        "From: <sip:peer@peer.test>;tag={2}\r\nTo: <sip:bob@10.0.0.2>{3}{4}\r\nCall-ID: {5}\r\nCSeq: {1} {0}\r\n"
        "Contact: <sip:peer@10.0.0.1:5061;transport=tls>\r\n{6}Content-Length: 0\r\n\r\n",
        method, ++cseq, from_tag, to_tag.empty() ? "" : ";tag=", to_tag, call_id, headers);
  }
  int status(Party& party, const std::string& bytes) {
    network.transmits.clear();
    network.drop = [](const Message&) { return true; };
    network.inject(party, bytes);
    if (network.transmits.empty()) return 0;
    const auto answer = Message::parse(network.transmits.front().bytes);
    return answer ? answer->status() : -1;
  }
};

TEST_F(SubscriptionRulesTest, Refusals) {
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "")), 489) << "no Event";
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: ;;\r\n")), 489);
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog\r\nExpires: 59\r\n")), 423);
  EXPECT_EQ(status(bob, request("NOTIFY", "Event: dialog\r\nSubscription-State: active\r\n")), 481);
  EXPECT_EQ(status(bob, request("NOTIFY", "Event: dialog\r\nSubscription-State: active\r\n", "none")), 481);
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog\r\n", "none")), 481);
  EXPECT_THAT(bob.events, IsEmpty());
  EXPECT_EQ(bob.endpoint.subscription_count(), 0U);
}

TEST_F(SubscriptionRulesTest, RefreshesThatDoNotFit) {
  status(bob, request("SUBSCRIBE", "Event: dialog\r\nExpires: 100\r\n"));
  const auto asked = bob.take<IncomingSubscribe>();
  ASSERT_TRUE(asked);
  bob.endpoint.accept_subscription(asked->id, 100s, network.now);
  network.pump();
  const auto answer = Message::parse(network.transmits.back().bytes);
  ASSERT_EQ(answer->status(), 200);
  const std::string tag(answer->to().tag);
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog\r\nExpires: 5\r\n", tag)), 423);
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog\r\nExpires: 100\r\n", tag, "other")), 481);
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog\r\nExpires: 100\r\n", tag, "pt", "other")), 481);
  EXPECT_EQ(status(bob, request("BYE", "", tag)), 481) << "there is no call in it";
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog\r\nExpires: 100\r\n", tag)), 200);
  EXPECT_TRUE(bob.take<SubscriptionRefreshed>());
  // Another package in the same dialog is a subscription of its own.
  status(bob, request("SUBSCRIBE", "Event: presence\r\nExpires: 100\r\n", tag));
  const auto second = bob.take<IncomingSubscribe>();
  ASSERT_TRUE(second);
  EXPECT_NE(second->id, asked->id);
  bob.endpoint.reject_subscription(second->id, {.status = 403}, network.now);
  EXPECT_EQ(bob.endpoint.subscription_count(), 1U);
}

TEST_F(SubscriptionRulesTest, TheNumberInOneDialogIsLimited) {
  status(bob, request("SUBSCRIBE", "Event: dialog\r\n"));
  const auto first = bob.take<IncomingSubscribe>();
  ASSERT_TRUE(first);
  bob.endpoint.accept_subscription(first->id, 100s, network.now);
  network.pump();
  const std::string tag(Message::parse(network.transmits.back().bytes)->to().tag);
  for (std::size_t i = 1; i < limits::sip_subscriptions_per_leg; ++i)
    EXPECT_EQ(status(bob, request("SUBSCRIBE", fmt::format("Event: dialog;id={}\r\n", i), tag)), 0) << "offered";
  EXPECT_EQ(status(bob, request("SUBSCRIBE", "Event: dialog;id=last\r\n", tag)), 503);
}

// A proxy sent our SUBSCRIBE to two: each makes a dialog of its own by its NOTIFY.
TEST_F(SubscriptionRulesTest, ForksNotifyInDialogsOfTheirOwn) {
  network.drop = [](const Message&) { return true; };
  const SubscriptionId adas = ada.endpoint.subscribe(network.call(bob, ""), "dialog", 600s, network.now);
  network.pump();
  const auto sent = Message::parse(network.transmits.back().bytes);
  const std::string tag(sent->from().tag), call_id(sent->call_id());
  const std::string headers = "Event: dialog\r\nSubscription-State: active;expires=600\r\n";
  EXPECT_EQ(status(ada, request("NOTIFY", headers, tag, "fork1", call_id)), 200);
  EXPECT_EQ(status(ada, request("NOTIFY", headers, tag, "fork2", call_id)), 200);
  EXPECT_EQ(status(ada, request("NOTIFY", headers, tag, "fork2", call_id)), 200);
  EXPECT_EQ(status(ada, request("NOTIFY", "Event: presence\r\nSubscription-State: active\r\n", tag, "f3", call_id)),
            481);
  EXPECT_EQ(ada.endpoint.subscription_count(), 2U);
  for (const char* fork : {"fork1", "fork2", "fork2"}) {
    const auto event = ada.take<Notified>();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->id, adas);
    EXPECT_EQ(event->message->from().tag, fork);
  }
  const std::string over = "Event: dialog\r\nSubscription-State: terminated;reason=giveup;retry-after=9\r\n";
  EXPECT_EQ(status(ada, request("NOTIFY", over, tag, "fork1", call_id)), 200);
  ASSERT_TRUE(ada.take<Notified>());
  EXPECT_FALSE(ada.take<SubscriptionEnded>()) << "one is left";
  EXPECT_EQ(status(ada, request("NOTIFY", over, tag, "fork2", call_id)), 200);
  ASSERT_TRUE(ada.take<Notified>());
  EXPECT_EQ(ada.take<SubscriptionEnded>().value().reason, "giveup");
  EXPECT_EQ(ada.endpoint.subscription_count(), 0U);
}

TEST_F(SubscriptionRulesTest, PresenceTakesOneDialogOnly) {
  network.drop = [](const Message&) { return true; };
  ada.endpoint.subscribe(network.call(bob, ""), "presence", 600s, network.now);
  network.pump();
  const auto sent = Message::parse(network.transmits.back().bytes);
  const std::string tag(sent->from().tag), call_id(sent->call_id());
  const std::string headers = "Event: presence\r\nSubscription-State: active\r\n";
  EXPECT_EQ(status(ada, request("NOTIFY", headers, tag, "fork1", call_id)), 200);
  EXPECT_EQ(status(ada, request("NOTIFY", headers, tag, "fork2", call_id)), 481);
  EXPECT_EQ(status(ada, request("NOTIFY", "Event: presence\r\n", tag, "fork1", call_id)), 400);
  EXPECT_EQ(status(ada, request("NOTIFY", "Subscription-State: active\r\n", tag, "fork1", call_id)), 489);
}

struct NotifyRefusal {
  int status;
  bool ends_subscription, ends_call;
};
struct NotifyRefusalTest : SubscriptionRulesTest, testing::WithParamInterface<NotifyRefusal> {};

// RFC 5057 section 5.1: in a call's dialog, what a refused NOTIFY does to the subscription and to the call.
TEST_P(NotifyRefusalTest, DoesNoMoreHarmThanItHasTo) {
  status(bob, request("INVITE", ""));
  const auto invite = bob.take<IncomingInvite>();
  ASSERT_TRUE(invite);
  bob.endpoint.accept(invite->leg, sdp_body("answer"), network.now);
  network.pump();
  const std::string tag = bob.endpoint.view(invite->leg)->local_tag;
  --cseq;
  network.inject(bob, request("ACK", "", tag));
  ASSERT_TRUE(bob.take<Acked>());
  status(bob, request("SUBSCRIBE", "Event: dialog\r\n", tag));
  const auto asked = bob.take<IncomingSubscribe>();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->leg, invite->leg);
  bob.endpoint.accept_subscription(asked->id, 600s, network.now);
  bob.endpoint.notify(asked->id, {}, state_body("x"), network.now);
  network.pump();
  const auto notify = Message::parse(network.transmits.back().bytes);
  ASSERT_EQ(notify->method(), Method::notify);
  network.inject(bob, make_response(*notify, GetParam().status, "", ""));
  EXPECT_EQ(bob.take<Ended>().has_value(), GetParam().ends_call);
  EXPECT_EQ(bob.take<SubscriptionEnded>().has_value(), GetParam().ends_subscription);
  EXPECT_EQ(bob.endpoint.subscription_count(), GetParam().ends_subscription ? 0U : 1U);
}

INSTANTIATE_TEST_SUITE_P(Statuses, NotifyRefusalTest,
                         testing::Values(NotifyRefusal{200, false, false}, NotifyRefusal{500, false, false},
                                         NotifyRefusal{481, true, false}, NotifyRefusal{489, true, false},
                                         NotifyRefusal{404, true, true}, NotifyRefusal{604, true, true}),
                         [](const auto& info) { return std::to_string(info.param.status); });

TEST_F(SubscriptionRulesTest, AWatcherWithoutConnectionIsLetGo) {
  status(bob, request("SUBSCRIBE", "Event: dialog\r\n"));
  const auto asked = bob.take<IncomingSubscribe>();
  ASSERT_TRUE(asked);
  bob.endpoint.accept_subscription(asked->id, 3600s, network.now);
  network.pump();
  network.drop = nullptr;
  network.close();
  bob.endpoint.notify(asked->id, {}, state_body("news"), network.now);
  const auto sent = bob.endpoint.poll_transmit();
  ASSERT_TRUE(sent);
  EXPECT_FALSE(sent->route.flow) << "by address, as the connection has gone";
  bob.endpoint.send_failed(sent->id, {"nobody listens", {}, {}}, network.now);
  network.pump();
  EXPECT_EQ(bob.take<SubscriptionEnded>().value().id, asked->id);
  EXPECT_EQ(bob.endpoint.subscription_count(), 0U);
}

}  // namespace
}  // namespace ringwall::sip
