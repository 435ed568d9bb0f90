#include "call/leg_pair.h"

#include <gmock/gmock.h>

#include "call/element.h"
#include "runtime/element_for_test.h"

namespace ringwall::call {
namespace {

using runtime::test::element_options;
using runtime::test::kPatience;
using runtime::test::TestAuthority;
using testing::ElementsAre;
using testing::IsEmpty;

std::string sdp_text(const sip::MessagePtr& message) {
  return std::string(sdp_of(*message));
}

/// One of the two ends: writes down what it hears, and answers as it is told.
class End final : public LegOwner, public std::enable_shared_from_this<End> {
 public:
  explicit End(UserAgent& agent) : agent_(agent) {}

  void take(const sip::IncomingInvite& invite) {
    leg = invite.leg;
    agent_.own(leg, shared_from_this());
    heard.push_back("invite " + sdp_text(invite.message));
    if (early) return agent_.endpoint().provisional(leg, 183, sip::sdp_body(next_body), agent_.now());
    agent_.endpoint().accept(leg, sip::sdp_body(next_body), agent_.now());
  }
  void on(const sip::Progress& progress) override {
    heard.push_back(fmt::format("{} {}", progress.message->status(), sdp_text(progress.message)));
    if (progress.offers) agent_.endpoint().prack(leg, sip::sdp_body(ack_body), agent_.now());
  }
  void on(const sip::Pracked& pracked) override { heard.push_back("pracked " + sdp_text(pracked.message)); }
  void on(const sip::Answered& answered) override {
    heard.push_back("answered " + sdp_text(answered.message));
    agent_.endpoint().ack(leg, sip::sdp_body(ack_body), agent_.now());
  }
  void on(const sip::Refused& refused) override { heard.push_back("refused " + std::to_string(refused.status)); }
  void on(const sip::Reinvited& reinvited) override {
    heard.push_back("reinvite " + sdp_text(reinvited.message));
    if (refuse_with != 0)
      agent_.endpoint().reject(leg, {.status = refuse_with}, agent_.now());
    else
      agent_.endpoint().accept(leg, sip::sdp_body(next_body), agent_.now());
  }
  void on(const sip::Acked& acked) override { heard.push_back("ack " + sdp_text(acked.message)); }
  void on(const sip::Ended& ended) override {
    const auto reasons = reasons_of(ended.message);
    heard.push_back("ended" + (reasons.empty() ? std::string() : " " + reasons.front().second));
  }
  void on(const sip::IncomingRequest& request) override {
    heard.push_back(std::string(request.message->method_name()) + " " + std::string(request.message->body()));
    sip::Answer answer{.status = refuse_with == 0 ? 200 : refuse_with};
    if (request.message->method() == sip::Method::update && refuse_with == 0) answer.body = sip::sdp_body(next_body);
    agent_.endpoint().respond(request.id, std::move(answer), agent_.now());
  }
  void request(sip::Method method, sip::Body body) {
    const auto id = agent_.endpoint().request_in_dialog(leg, method, {}, std::move(body), agent_.now());
    agent_.expect(id, [self = shared_from_this()](const sip::Completed& done) {
      self->heard.push_back(fmt::format("{} {}", done.status, done.message ? sdp_text(done.message) : ""));
    });
  }
  void hang_up(std::string_view) override {}
  void describe(std::vector<LegView>&) const override {}

  [[nodiscard]] bool has_heard(const std::string& what) const { return std::ranges::find(heard, what) != heard.end(); }

  sip::LegId leg;
  std::vector<std::string> heard;
  std::string next_body, ack_body;
  int refuse_with = 0;
  bool early = false;  ///< next_body goes into a 183

 private:
  UserAgent& agent_;
};

/// The element in the middle.
class Middle final : public LegOwner, public std::enable_shared_from_this<Middle> {
 public:
  Middle(UserAgent& agent, sip::Route onward) : agent_(agent), onward_(std::move(onward)), pair_(agent) {}

  void take(const sip::IncomingInvite& invite) {
    sip::Outgoing out;
    out.route = onward_;
    out.request_uri = "sip:callee@callee.ringwall.test";
    out.from = "<sip:middle@middle.ringwall.test>";
    out.to = "<sip:callee@callee.ringwall.test>";
    out.body = sip::sdp_body(sdp_text(invite.message));
    const bool with_offer = !out.body.content.empty();
    const sip::LegId to = agent_.endpoint().invite(std::move(out), agent_.now());
    pair_.begin(invite.leg, to, with_offer);
    agent_.own(invite.leg, shared_from_this());
    agent_.own(to, shared_from_this());
  }
  void on(const sip::Progress& progress) override { pair_.on(progress); }
  void on(const sip::Answered& answered) override { pair_.on(answered); }
  void on(const sip::Refused& refused) override {
    if (refused.reinvite) pair_.on_reinvite_refused(refused);
  }
  void on(const sip::Reinvited& reinvited) override { pair_.on(reinvited); }
  void on(const sip::Acked& acked) override { pair_.on(acked); }
  void on(const sip::Pracked& pracked) override { pair_.on(pracked); }
  void on(const sip::Ended& ended) override {
    agent_.endpoint().hang_up(pair_.other(ended.leg), agent_.now(), reasons_of(ended.message));
    agent_.disown(pair_.other(ended.leg));
  }
  void on(const sip::IncomingRequest& request) override { pair_.on(request); }
  void hang_up(std::string_view) override {}
  void describe(std::vector<LegView>&) const override {}

 private:
  UserAgent& agent_;
  sip::Route onward_;
  LegPair pair_;
};

/// caller -- middle -- callee, over real TLS on loopback.
class LegPairTest : public testing::Test {
 protected:
  void SetUp() override {
    callee_agent_ = make(
        "callee", "127.56.0.3", {"middle"}, [this](const sip::IncomingInvite& invite) { callee_->take(invite); },
        callee_allows_);
    middle_agent_ = make("middle", "127.56.0.2", {"caller", "callee"}, [this](const sip::IncomingInvite& invite) {
      std::make_shared<Middle>(*middle_agent_, route_to(*callee_agent_, "callee"))->take(invite);
    });
    caller_agent_ = make("caller", "127.56.0.1", {"middle"}, [](const sip::IncomingInvite&) {});
    callee_ = std::make_shared<End>(*callee_agent_);
    caller_ = std::make_shared<End>(*caller_agent_);
  }

  std::unique_ptr<UserAgent> make(const std::string& name, const std::string& address,
                                  const std::vector<std::string>& peers,
                                  std::function<void(const sip::IncomingInvite&)> on_invite,
                                  const std::string& allow = "INVITE, ACK, CANCEL, BYE, INFO, UPDATE") {
    auto options = element_options(name, address, authority_.identity(name + ".ringwall.test"));
    options.allow = allow;
    for (const auto& peer : peers)
      options.peers.push_back({peer, {peer + ".ringwall.test"}, authority_.anchors(), "1.2"});
    auto made = UserAgent::create(loop_, std::move(options), {.invite = std::move(on_invite)});
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }

  static sip::Route route_to(UserAgent& agent, const std::string& peer) {
    return {.transport = sip::Transport::tls, .address = agent.host().local(sip::Transport::tls), .peer = peer};
  }

  void call(const std::string& offer, sip::Headers headers = {}) {
    sip::Outgoing out;
    out.headers = std::move(headers);
    out.route = route_to(*middle_agent_, "middle");
    out.request_uri = "sip:callee@middle.ringwall.test";
    out.from = "<sip:caller@caller.ringwall.test>";
    out.to = "<sip:callee@middle.ringwall.test>";
    out.body = sip::sdp_body(offer);
    caller_->leg = caller_agent_->endpoint().invite(std::move(out), caller_agent_->now());
    caller_agent_->own(caller_->leg, caller_);
  }

  void until(const std::function<bool()>& done) { ASSERT_TRUE(loop_.run_until(done, kPatience)); }

  /// A call that is up, with nothing heard yet.
  void connect() {
    callee_->next_body = "answer";
    call("offer");
    until([&] { return caller_->has_heard("answered answer") && callee_->has_heard("ack "); });
    caller_->heard.clear();
    callee_->heard.clear();
  }

  std::string callee_allows_ = "INVITE, ACK, CANCEL, BYE, INFO, UPDATE";
  runtime::SignallingLoop loop_;
  TestAuthority authority_{"test root"};
  std::unique_ptr<UserAgent> caller_agent_, middle_agent_, callee_agent_;
  std::shared_ptr<End> caller_, callee_;
};

TEST_F(LegPairTest, PassesAnOfferAndItsAnswer) {
  callee_->next_body = "answer";
  call("offer");
  until([&] { return caller_->has_heard("answered answer") && callee_->has_heard("ack "); });
  EXPECT_THAT(callee_->heard, ElementsAre("invite offer", "ack "));
}

TEST_F(LegPairTest, PassesTheOfferOfA200AndTheAnswerOfItsAck) {
  callee_->next_body = "offer of the callee";
  caller_->ack_body = "answer of the caller";
  call("");
  until([&] { return callee_->has_heard("ack answer of the caller"); });
  EXPECT_TRUE(caller_->has_heard("answered offer of the callee"));
}

TEST_F(LegPairTest, PassesAReinviteEitherWay) {
  connect();
  caller_->next_body = "answer to hold";
  callee_agent_->endpoint().reinvite(callee_->leg, sip::sdp_body("hold"), callee_agent_->now());
  until([&] { return callee_->has_heard("answered answer to hold") && caller_->has_heard("ack "); });
  EXPECT_THAT(caller_->heard, ElementsAre("reinvite hold", "ack "));

  callee_->next_body = "offer again";
  caller_->ack_body = "answer again";
  caller_agent_->endpoint().reinvite(caller_->leg, {}, caller_agent_->now());
  until([&] { return callee_->has_heard("ack answer again"); });
  EXPECT_TRUE(caller_->has_heard("answered offer again"));
}

TEST_F(LegPairTest, PassesARefusalAndTheCallGoesOn) {
  connect();
  callee_->refuse_with = 488;
  caller_agent_->endpoint().reinvite(caller_->leg, sip::sdp_body("video"), caller_agent_->now());
  until([&] { return caller_->has_heard("refused 488"); });
  callee_->refuse_with = 0;
  callee_->next_body = "fine";
  caller_agent_->endpoint().reinvite(caller_->leg, sip::sdp_body("audio"), caller_agent_->now());
  until([&] { return caller_->has_heard("answered fine"); });
}

TEST_F(LegPairTest, PassesInfoAndItsAnswer) {
  connect();
  caller_->request(sip::Method::info, {"text/plain", "hello"});
  until([&] { return callee_->has_heard("INFO hello") && caller_->has_heard("200 "); });
  callee_->refuse_with = 415;
  caller_->request(sip::Method::info, {"text/plain", "what?"});
  until([&] { return caller_->has_heard("415 "); });
}

TEST_F(LegPairTest, PassesAnEarlyAnswerOnce) {
  callee_->early = true;
  callee_->next_body = "answer";
  call("offer");
  until([&] { return caller_->has_heard("183 answer"); });
  callee_agent_->endpoint().accept(callee_->leg, sip::sdp_body("answer"), callee_agent_->now());
  until([&] { return callee_->has_heard("ack ") && caller_->has_heard("answered "); });
  EXPECT_THAT(caller_->heard, ElementsAre("183 answer", "answered "));
}

TEST_F(LegPairTest, GivesAnEarlyAnswerAgainToWhoHeardAPreview) {
  callee_->early = true;
  callee_->next_body = "answer";
  call("offer", {{"Supported", "timer"}});
  until([&] { return caller_->has_heard("183 answer"); });
  callee_agent_->endpoint().accept(callee_->leg, {}, callee_agent_->now());
  until([&] { return caller_->has_heard("answered answer"); });
}

TEST_F(LegPairTest, PassesAnEarlyOfferAndTheAnswerOfItsPrack) {
  callee_->early = true;
  callee_->next_body = "offer of the callee";
  caller_->ack_body = "answer of the caller";
  call("");
  until([&] { return callee_->has_heard("pracked answer of the caller"); });
  EXPECT_TRUE(caller_->has_heard("183 offer of the callee"));
  caller_->ack_body.clear();
  callee_agent_->endpoint().accept(callee_->leg, {}, callee_agent_->now());
  until([&] { return caller_->has_heard("answered ") && callee_->has_heard("ack "); });
}

TEST_F(LegPairTest, PassesAnUpdateEitherWay) {
  connect();
  callee_->next_body = "answer 1";
  caller_->request(sip::Method::update, sip::sdp_body("offer 1"));
  until([&] { return caller_->has_heard("200 answer 1"); });
  caller_->next_body = "answer 2";
  callee_->request(sip::Method::update, sip::sdp_body("offer 2"));
  until([&] { return callee_->has_heard("200 answer 2"); });
  EXPECT_THAT(callee_->heard, ElementsAre("UPDATE offer 1", "200 answer 2"));
  caller_->refuse_with = 488;
  callee_->request(sip::Method::update, sip::sdp_body("video"));
  until([&] { return callee_->has_heard("488 "); });
}

TEST_F(LegPairTest, AnEndSaysWhy) {
  connect();
  callee_agent_->endpoint().hang_up(callee_->leg, callee_agent_->now(), {{"Reason", "Q.850;cause=16"}});
  callee_agent_->disown(callee_->leg);
  until([&] { return caller_->has_heard("ended Q.850;cause=16"); });
}

TEST_F(LegPairTest, AHangUpLeavesNothing) {
  connect();
  callee_agent_->endpoint().hang_up(callee_->leg, callee_agent_->now());
  callee_agent_->disown(callee_->leg);
  until([&] { return caller_->has_heard("ended"); });
  until([&] { return middle_agent_->leg_count() == 0 && caller_agent_->leg_count() == 0; });
  EXPECT_THAT(middle_agent_->calls(), IsEmpty());
}

TEST_F(LegPairTest, BothSidesAtOnceComeToAnEnd) {
  connect();
  caller_->next_body = "answer of the caller";
  callee_->next_body = "answer of the callee";
  caller_agent_->endpoint().reinvite(caller_->leg, sip::sdp_body("offer of the caller"), caller_agent_->now());
  callee_agent_->endpoint().reinvite(callee_->leg, sip::sdp_body("offer of the callee"), callee_agent_->now());
  const auto settled = [](const End& end) {
    return std::ranges::any_of(
        end.heard, [](const std::string& what) { return what.starts_with("answered") || what.starts_with("refused"); });
  };
  until([&] { return settled(*caller_) && settled(*callee_); });
}

/// The same, with a callee that takes no UPDATE.
struct NoUpdateTest : LegPairTest {
  NoUpdateTest() { callee_allows_ = "INVITE, ACK, CANCEL, BYE, INFO"; }
};

TEST_F(NoUpdateTest, AnUpdateGoesOnAsAReinvite) {
  connect();
  callee_->next_body = "answer 1";
  caller_->request(sip::Method::update, sip::sdp_body("offer 1"));
  until([&] { return caller_->has_heard("200 answer 1") && callee_->has_heard("ack "); });
  EXPECT_THAT(callee_->heard, ElementsAre("reinvite offer 1", "ack "));
  callee_->refuse_with = 488;
  caller_->request(sip::Method::update, sip::sdp_body("video"));
  until([&] { return caller_->has_heard("488 "); });
}

}  // namespace
}  // namespace ringwall::call
