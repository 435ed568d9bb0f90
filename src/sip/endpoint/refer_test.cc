#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::chrono_literals;
using Value = SubscriptionState::Value;

// Ada and bob talk; ada refers bob.
struct ReferTest : testing::Test {
  Network network{Transport::tls};
  Party& ada = network.ada;
  Party& bob = network.bob;
  LegId adas, bobs;

  void SetUp() override {
    adas = ada.endpoint.invite(network.call(bob), network.now);
    network.run(100ms);
    bobs = bob.take<IncomingInvite>().value().leg;
    bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    network.run(100ms);
    ASSERT_TRUE(ada.take<Answered>());
    ada.endpoint.ack(adas, {}, network.now);
    network.run(100ms);
    ASSERT_TRUE(bob.take<Acked>());
    network.wire.clear();
  }
  void TearDown() override {
    ada.endpoint.hang_up(adas, network.now);
    bob.endpoint.hang_up(bobs, network.now);
    network.run(std::chrono::hours(1));
    EXPECT_TRUE(network.idle());
  }
  RequestId refer(Headers more = {}) {
    more.emplace_back("Refer-To", "<sip:carol@example.test>");
    const RequestId out = ada.endpoint.request_in_dialog(adas, Method::refer, more, {}, network.now);
    network.run(100ms);
    return out;
  }
  SubscriptionId accept() {
    const auto asked = bob.take<IncomingRequest>();
    EXPECT_TRUE(asked && asked->message->method() == Method::refer);
    if (!asked) return {};
    const SubscriptionId out = bob.endpoint.accept_refer(asked->id, network.now);
    network.run(100ms);
    return out;
  }
  void tell(SubscriptionId id, std::string line, Value value = Value::active) {
    bob.endpoint.notify(id, {value, value == Value::terminated ? "noresource" : ""}, {"message/sipfrag", line},
                        network.now);
    network.run(100ms);
  }
  std::string heard(RequestId id) {
    const auto event = ada.take<Notified>();
    if (!event) return "nothing";
    EXPECT_EQ(event->id.value, id.value);
    return fmt::format("{}: {}", event->message->header(HeaderName::event), event->message->body());
  }
  int completed() {
    const auto event = ada.take<Completed>();
    return event ? event->status : 0;
  }
};

TEST_F(ReferTest, ProgressIsToldUntilTheEnd) {
  const RequestId asked = refer({{"Referred-By", "<sip:ada@example.test>"}});
  const SubscriptionId bobs_refer = accept();
  ASSERT_TRUE(bobs_refer);
  EXPECT_THAT(network.wire, ElementsAre("ada REFER", "bob 202 REFER", "bob NOTIFY", "ada 200 NOTIFY"));
  EXPECT_EQ(completed(), 202);
  EXPECT_EQ(heard(asked), "refer: SIP/2.0 100 Trying\r\n");
  tell(bobs_refer, "SIP/2.0 180 Ringing\r\n");
  EXPECT_EQ(heard(asked), "refer: SIP/2.0 180 Ringing\r\n");
  tell(bobs_refer, "SIP/2.0 200 OK\r\n", Value::terminated);
  EXPECT_EQ(heard(asked), "refer: SIP/2.0 200 OK\r\n");
  EXPECT_EQ(ada.take<SubscriptionEnded>().value().reason, "noresource");
  EXPECT_TRUE(ada.endpoint.view(adas)) << "the call goes on";
}

TEST_F(ReferTest, TheSecondInADialogIsToldApart) {
  const RequestId first = refer();
  const SubscriptionId bobs_first = accept();
  const RequestId second = refer();
  const SubscriptionId bobs_second = accept();
  EXPECT_EQ(completed(), 202);
  EXPECT_EQ(heard(first), "refer: SIP/2.0 100 Trying\r\n");
  EXPECT_EQ(completed(), 202);
  EXPECT_THAT(heard(second), StartsWith("refer;id="));
  tell(bobs_second, "b", Value::terminated);
  EXPECT_THAT(heard(second), testing::EndsWith(": b"));
  ASSERT_TRUE(ada.take<SubscriptionEnded>());
  tell(bobs_first, "a", Value::terminated);
  EXPECT_EQ(heard(first), "refer: a");
}

// RFC 5057 section 4.1: the transferor hangs up early, and still hears how it went.
TEST_F(ReferTest, OutlivesTheCall) {
  const RequestId asked = refer();
  const SubscriptionId bobs_refer = accept();
  EXPECT_EQ(completed(), 202);
  EXPECT_THAT(heard(asked), testing::EndsWith("100 Trying\r\n"));
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  ASSERT_TRUE(bob.take<Ended>());
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
  tell(bobs_refer, "SIP/2.0 200 OK\r\n", Value::terminated);
  EXPECT_EQ(heard(asked), "refer: SIP/2.0 200 OK\r\n");
  EXPECT_TRUE(ada.take<SubscriptionEnded>());
  EXPECT_EQ(ada.endpoint.subscription_count() + bob.endpoint.subscription_count(), 0U);
}

TEST_F(ReferTest, WithoutSubscription) {
  refer({{"Refer-Sub", "false"}, {"Require", "norefersub"}});
  EXPECT_FALSE(accept());
  EXPECT_EQ(completed(), 202);
  network.run(100s);
  EXPECT_THAT(ada.events, IsEmpty());
  EXPECT_THAT(network.wire, ElementsAre("ada REFER", "bob 202 REFER"));
}

TEST_F(ReferTest, ARefusedOneHasNone) {
  refer();
  bob.endpoint.respond(bob.take<IncomingRequest>().value().id, {.status = 603}, network.now);
  network.run(100s);
  EXPECT_EQ(completed(), 603);
  EXPECT_THAT(ada.events, IsEmpty());
  EXPECT_EQ(ada.endpoint.subscription_count(), 0U);
}

TEST_F(ReferTest, OutsideADialog) {
  Outgoing request = network.call(bob, "");
  request.headers = {{"Refer-To", "<sip:carol@example.test>"}};
  const RequestId asked = ada.endpoint.request(Method::refer, request, network.now);
  network.run(100ms);
  const SubscriptionId bobs_refer = accept();
  EXPECT_EQ(completed(), 202);
  EXPECT_EQ(heard(asked), "refer: SIP/2.0 100 Trying\r\n");
  tell(bobs_refer, "SIP/2.0 404 Not Found\r\n", Value::terminated);
  EXPECT_EQ(heard(asked), "refer: SIP/2.0 404 Not Found\r\n");
  ASSERT_TRUE(ada.take<SubscriptionEnded>());
}

TEST_F(ReferTest, ReferToIsThereOnce) {
  ada.endpoint.request_in_dialog(adas, Method::refer, {}, {}, network.now);
  network.run(100ms);
  EXPECT_EQ(completed(), 400);
  ada.endpoint.request_in_dialog(adas, Method::refer, {{"Refer-To", "<sip:c@example.test>, <sip:d@example.test>"}}, {},
                                 network.now);
  network.run(100ms);
  EXPECT_EQ(completed(), 400);
  EXPECT_THAT(bob.events, IsEmpty());
}

TEST_F(ReferTest, AnUnfinishedOneEndsByItself) {
  const RequestId asked = refer();
  accept();
  EXPECT_EQ(completed(), 202);
  EXPECT_THAT(heard(asked), testing::EndsWith("100 Trying\r\n"));
  network.run(200s);
  EXPECT_EQ(bob.take<SubscriptionEnded>().value().reason, "timeout");
  EXPECT_EQ(heard(asked), "refer: ");
  EXPECT_EQ(ada.take<SubscriptionEnded>().value().reason, "timeout");
}

// A call in its dialog dies with the answers that say that nobody is there, and not with others.
TEST_F(ReferTest, TheCallFallsWithItsDialogOnly) {
  const RequestId asked = refer();
  const SubscriptionId bobs_refer = accept();
  EXPECT_EQ(completed(), 202);
  heard(asked);
  ada.endpoint.unsubscribe(SubscriptionId{asked.value}, network.now);
  network.run(100ms);
  EXPECT_TRUE(bob.take<SubscriptionRefreshed>());
  tell(bobs_refer, "SIP/2.0 100 Trying\r\n");
  EXPECT_EQ(bob.take<SubscriptionEnded>().value().reason, "timeout");
  EXPECT_TRUE(bob.endpoint.view(bobs));
  EXPECT_TRUE(ada.endpoint.view(adas));
}

struct Case {
  const char* what;
  const char* replaces;  ///< C: Call-ID, L: bob's tag, R: ada's tag
  int status;            ///< 0: it is offered
};

struct ReplacesTest : ReferTest, testing::WithParamInterface<Case> {
  int invite(std::string value, Headers more = {}) {
    const auto view = bob.endpoint.view(bobs);
    const auto put = [&value](std::string_view mark, const std::string& text) {
      if (const auto at = value.find(mark); at != std::string::npos) value.replace(at, mark.size(), text);
    };
    if (view) {
      put("CALL", view->call_id);
      put("LOCAL", view->local_tag);
      put("REMOTE", view->remote_tag);
    }
    Outgoing request = network.call(bob);
    request.headers = std::move(more);
    request.headers.emplace_back("Replaces", value);
    request.headers.emplace_back("Require", "replaces");
    ada.endpoint.invite(request, network.now);
    network.run(100ms);
    const auto refused = ada.take<Refused>();
    return refused ? refused->status : 0;
  }
};

TEST_P(ReplacesTest, OfACallThatIsUp) {
  EXPECT_EQ(invite(GetParam().replaces), GetParam().status);
  const auto offered = bob.take<IncomingInvite>();
  EXPECT_EQ(offered.has_value(), GetParam().status == 0);
  if (!offered) return;
  EXPECT_EQ(offered->replaces, bobs);
  bob.endpoint.reject(offered->leg, {.status = 486}, network.now);
  network.run(100ms);
}

INSTANTIATE_TEST_SUITE_P(
    Values, ReplacesTest,
    testing::Values(Case{"Match", "CALL;to-tag=LOCAL;from-tag=REMOTE", 0},
                    Case{"AnyOrder", "CALL;from-tag=REMOTE;to-tag=LOCAL;x=y", 0},
                    Case{"TagsSwapped", "CALL;to-tag=REMOTE;from-tag=LOCAL", 481},
                    Case{"OtherCall", "other;to-tag=LOCAL;from-tag=REMOTE", 481},
                    Case{"OtherPeer", "CALL;to-tag=LOCAL;from-tag=x", 481},
                    Case{"EarlyOnly", "CALL;to-tag=LOCAL;from-tag=REMOTE;early-only", 486},
                    Case{"NoFromTag", "CALL;to-tag=LOCAL", 400}, Case{"NoToTag", "CALL;from-tag=REMOTE", 400},
                    Case{"Two", "CALL;to-tag=LOCAL;from-tag=REMOTE, CALL;to-tag=LOCAL;from-tag=REMOTE", 400}),
    [](const auto& info) { return info.param.what; });

struct ReplacesStateTest : ReplacesTest {};

TEST_P(ReplacesStateTest, ACallThatIsEndingIsDeclined) {
  network.drop = [](const Message& message) { return message.method() == Method::bye; };
  bob.endpoint.hang_up(bobs, network.now);
  network.pump();
  const auto view = ada.endpoint.view(adas);
  EXPECT_EQ(invite(fmt::format("{};to-tag={};from-tag={}", view->call_id, view->remote_tag, view->local_tag)), 603);
}

TEST_P(ReplacesStateTest, RingingIsTakenOverFromTheCallerOnly) {
  const LegId calling = ada.endpoint.invite(network.call(bob), network.now);
  network.run(100ms);
  const LegId called = bob.take<IncomingInvite>().value().leg;
  bob.endpoint.provisional(called, 180, {}, network.now);
  network.run(100ms);
  ASSERT_TRUE(ada.take<Progress>());
  const auto view = bob.endpoint.view(called);
  EXPECT_EQ(invite(fmt::format("{};to-tag={};from-tag={}", view->call_id, view->local_tag, view->remote_tag)), 481);
  EXPECT_EQ(ada.endpoint.find_dialog(view->call_id, view->remote_tag, view->local_tag), calling);
  // Ada began that call, so a pickup of it is offered to her, "early-only" or not.
  Outgoing pickup = network.call(ada);
  pickup.headers = {{"Replaces", fmt::format("{};to-tag={};from-tag={};early-only", view->call_id, view->remote_tag,
                                             view->local_tag)}};
  bob.endpoint.invite(pickup, network.now);
  network.run(100ms);
  const auto offered = ada.take<IncomingInvite>();
  ASSERT_TRUE(offered);
  EXPECT_EQ(offered->replaces, calling);
  ada.endpoint.reject(offered->leg, {.status = 486}, network.now);
  ada.endpoint.hang_up(calling, network.now);
  network.run(1s);
}

TEST_P(ReplacesStateTest, WithJoinItIsMalformed) {
  EXPECT_EQ(invite("CALL;to-tag=LOCAL;from-tag=REMOTE", {{"Join", "a;to-tag=b;from-tag=c"}}), 400);
}

INSTANTIATE_TEST_SUITE_P(States, ReplacesStateTest, testing::Values(Case{"Up", "", 0}));

}  // namespace
}  // namespace ringwall::sip
