#include <gmock/gmock.h>

#include <set>

#include "sip/endpoint/simulated_call.h"
#include "sip/message/respond.h"

namespace ringwall::sip::simulated {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// Between the two stands a server that challenges some methods of Ada's, and passes on what names its nonce.
struct AuthorizeTest : CallFixture {
  explicit AuthorizeTest(Transport transport = Transport::tls) : CallFixture(transport) {
    reconfigure(ada, [this](EndpointOptions& options) {
      options.authorize = [this](const Challenged& challenged) {
        asked.emplace_back(challenged.method);
        last_body = challenged.body;
        return Headers{{"Authorization", fmt::format("Digest realm=\"r\", nonce=\"{}\"", answers_with)}};
      };
    });
    network.drop = [this](const Message& message) {
      if (!message.is_request() || !guarded.contains(std::string(message.method_name()))) return false;
      passed.emplace_back(message.method_name());
      cseqs.push_back(message.cseq().number);
      branches.insert(std::string(message.top_via().branch));
      if (message.header(HeaderName::authorization).find(nonce) != std::string_view::npos) return false;
      refused.emplace_back(message.bytes());
      return true;
    };
  }
  /// Lets time pass, and the server challenge.
  void run(Duration time = 200ms) {
    for (network.run(time); !refused.empty(); network.run(time)) {
      const std::string text = std::exchange(refused, {}).front();
      const auto request = Message::parse(text);
      const std::string challenge =
          fmt::format("Digest realm=\"r\", nonce=\"{}\"{}", nonce, stale ? ", stale=true" : "");
      const HeaderLine line{HeaderName::www_authenticate, {}, challenge};
      last_challenge = make_response(*request, 401, {.to_tag = "server", .headers = {&line, 1}});
      network.inject(ada, last_challenge);
    }
  }
  void call() {
    adas = ada.endpoint.invite(network.call(bob), network.now);
    run();
    const auto incoming = bob.take<IncomingInvite>();
    ASSERT_TRUE(incoming);
    bobs = incoming->leg;
    bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    run();
    ASSERT_TRUE(ada.take<Answered>());
    ada.endpoint.ack(adas, {}, network.now);
    run();
    ASSERT_TRUE(bob.take<Acked>());
  }

  std::set<std::string> guarded;
  std::string nonce = "good", answers_with = "good", last_body, last_challenge;
  bool stale = false;
  std::vector<std::string> refused, asked, passed;
  std::vector<std::uint32_t> cseqs;
  std::set<std::string> branches;
};

TEST_F(AuthorizeTest, AnInviteGoesOnUnderItsLeg) {
  guarded = {"INVITE"};
  call();
  EXPECT_THAT(asked, ElementsAre("INVITE"));
  EXPECT_EQ(last_body, "offer");
  ASSERT_EQ(cseqs.size(), 2U);
  EXPECT_EQ(cseqs[1], cseqs[0] + 1);
  EXPECT_EQ(branches.size(), 2U);
  EXPECT_THAT(network.wire, testing::IsSupersetOf({"ada INVITE", "ada ACK"}));
  const auto acks = std::ranges::count(network.wire, "ada ACK");
  EXPECT_EQ(acks, 2) << "one for the 401, one for the 200";
  EXPECT_TRUE(ada.events.empty()) << "nobody is told of the challenge";
  // The refusal once more: only its ACK again.
  network.inject(ada, last_challenge);
  EXPECT_THAT(asked, ElementsAre("INVITE"));
  EXPECT_EQ(ada.endpoint.view(adas)->state, "confirmed");
}

TEST_F(AuthorizeTest, RequestsInTheDialogKeepItsNumbers) {
  call();
  guarded = {"INVITE", "INFO", "MESSAGE", "BYE"};
  ada.endpoint.reinvite(adas, sdp_body("again"), network.now);
  run();
  ASSERT_TRUE(bob.take<Reinvited>());
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  run();
  ASSERT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  run();
  ASSERT_TRUE(bob.take<Acked>());
  const RequestId info = ada.endpoint.request_in_dialog(adas, Method::info, {}, {}, network.now);
  run();
  const auto incoming = bob.take<IncomingRequest>();
  ASSERT_TRUE(incoming);
  bob.endpoint.respond(incoming->id, {.status = 200}, network.now);
  run();
  const auto completed = ada.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->id, info);
  EXPECT_EQ(completed->status, 200);
  ada.endpoint.hang_up(adas, network.now);
  run();
  EXPECT_TRUE(bob.take<Ended>());
  EXPECT_THAT(asked, ElementsAre("INVITE", "INFO", "BYE"));
  EXPECT_TRUE(std::ranges::is_sorted(cseqs));
  EXPECT_EQ(std::set<std::uint32_t>(cseqs.begin(), cseqs.end()).size(), cseqs.size());
}

TEST_F(AuthorizeTest, RequestsOutsideKeepTheirNumberForWhoWaits) {
  guarded = {"REGISTER", "MESSAGE", "OPTIONS"};
  for (const Method method : {Method::register_, Method::message, Method::options}) {
    const RequestId sent = ada.endpoint.request(method, network.call(bob, ""), network.now);
    run();
    const auto incoming = bob.take<IncomingRequest>();
    ASSERT_TRUE(incoming) << print(method);
    bob.endpoint.respond(incoming->id, {.status = 200}, network.now);
    run();
    const auto completed = ada.take<Completed>();
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->id, sent);
    EXPECT_EQ(completed->status, 200);
  }
  EXPECT_THAT(asked, ElementsAre("REGISTER", "MESSAGE", "OPTIONS"));
}

TEST_F(AuthorizeTest, ASubscriptionBegins) {
  guarded = {"SUBSCRIBE"};
  const SubscriptionId mine = ada.endpoint.subscribe(network.call(bob, ""), "presence", 600s, network.now);
  run();
  const auto incoming = bob.take<IncomingSubscribe>();
  ASSERT_TRUE(incoming);
  bob.endpoint.accept_subscription(incoming->id, 600s, network.now);
  bob.endpoint.notify(incoming->id, {}, {}, network.now);
  run();
  const auto notified = ada.take<Notified>();
  ASSERT_TRUE(notified);
  EXPECT_EQ(notified->id, mine);
  ada.endpoint.unsubscribe(mine, network.now);
  run();
  EXPECT_THAT(asked, ElementsAre("SUBSCRIBE", "SUBSCRIBE"));
}

// The second subscription in a dialog is named by the CSeq of its REFER (RFC 3515 section 2.4.6): of the one that
// passed.
TEST_F(AuthorizeTest, ARefersSubscriptionIsNamedByTheRequestThatPassed) {
  call();
  guarded = {"REFER"};
  for (int round = 0; round < 2; ++round) {
    const RequestId sent = ada.endpoint.request_in_dialog(adas, Method::refer,
                                                          {{"Refer-To", "<sip:carol@example.test>"}}, {}, network.now);
    run();
    const auto incoming = bob.take<IncomingRequest>();
    ASSERT_TRUE(incoming);
    const SubscriptionId told = bob.endpoint.accept_refer(incoming->id, network.now);
    bob.endpoint.notify(told, {SubscriptionState::Value::terminated, "noresource"},
                        {"message/sipfrag", "SIP/2.0 200 OK\r\n"}, network.now);
    run();
    std::vector<std::uint64_t> notified;
    for (const Event& event : ada.events)
      if (const auto* one = std::get_if<Notified>(&event)) notified.push_back(one->id.value);
    EXPECT_THAT(notified, Contains(sent.value)) << round;
    ada.events.clear();
    bob.events.clear();
  }
  EXPECT_THAT(asked, ElementsAre("REFER", "REFER"));
}

TEST_F(AuthorizeTest, EarlyRequestsAreAnsweredToo) {
  guarded = {"PRACK", "UPDATE"};
  adas = ada.endpoint.invite(network.call(bob), network.now);
  run();
  const auto incoming = bob.take<IncomingInvite>();
  ASSERT_TRUE(incoming);
  bobs = incoming->leg;
  bob.endpoint.provisional(bobs, 183, sdp_body("early answer"), network.now, {{"Require", "100rel"}});
  run();
  EXPECT_TRUE(ada.take<Progress>());
  const RequestId update = ada.endpoint.request_in_dialog(adas, Method::update, {}, {}, network.now);
  run();
  const auto completed = ada.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->id, update);
  EXPECT_EQ(completed->status, 200);
  EXPECT_THAT(asked, testing::UnorderedElementsAre("PRACK", "UPDATE"));
  EXPECT_TRUE(std::ranges::is_sorted(cseqs));
}

TEST_F(AuthorizeTest, WrongCredentialsAreNotTriedTwice) {
  guarded = {"REGISTER", "INVITE"};
  answers_with = "wrong";
  ada.endpoint.request(Method::register_, network.call(bob, ""), network.now);
  run();
  const auto completed = ada.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->status, 401);
  adas = ada.endpoint.invite(network.call(bob), network.now);
  run();
  const auto refusal = ada.take<Refused>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 401);
  EXPECT_THAT(asked, ElementsAre("REGISTER", "INVITE"));
}

TEST_F(AuthorizeTest, AStaleNonceIsAnsweredAnewButNotForEver) {
  guarded = {"REGISTER"};
  answers_with = "old";
  stale = true;
  ada.endpoint.request(Method::register_, network.call(bob, ""), network.now);
  run();
  EXPECT_EQ(ada.take<Completed>()->status, 401);
  EXPECT_EQ(asked.size(), 6U);
  answers_with = "good";
  ada.endpoint.request(Method::register_, network.call(bob, ""), network.now);
  run();
  EXPECT_TRUE(bob.take<IncomingRequest>());
}

TEST_F(AuthorizeTest, WithoutCredentialsTheRefusalIsFinal) {
  reconfigure(ada, [](EndpointOptions& options) { options.authorize = [](const Challenged&) { return Headers{}; }; });
  guarded = {"INVITE"};
  adas = ada.endpoint.invite(network.call(bob), network.now);
  run();
  EXPECT_EQ(ada.take<Refused>()->status, 401);
}

TEST_F(AuthorizeTest, AHungUpCallIsNotRepeated) {
  guarded = {"INVITE"};
  adas = ada.endpoint.invite(network.call(bob), network.now);
  network.run(10ms);
  ada.endpoint.hang_up(adas, network.now);
  run();
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_EQ(ada.endpoint.leg_count(), 0U);
}

struct AuthorizeUdpTest : AuthorizeTest {
  AuthorizeUdpTest() : AuthorizeTest(Transport::udp) {}
};

TEST_F(AuthorizeUdpTest, RepeatedRefusalsAreAcknowledgedOrDropped) {
  guarded = {"INVITE", "REGISTER"};
  call();
  ada.endpoint.request(Method::register_, network.call(bob, ""), network.now);
  run();
  network.inject(ada, last_challenge);
  EXPECT_TRUE(bob.take<IncomingRequest>());
  EXPECT_THAT(asked, ElementsAre("INVITE", "REGISTER"));
}

}  // namespace
}  // namespace ringwall::sip::simulated
