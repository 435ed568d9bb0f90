#include <gmock/gmock.h>

#include "sip/endpoint/simulated_call.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using simulated::Weather;
using namespace std::chrono_literals;

// Whole calls over UDP that loses, doubles and reorders. Both applications follow the rules; whatever the weather, each
// application hears how its leg ended, and nothing is left.
struct Drama {
  Drama(std::uint64_t seed, Weather weather) : network(Transport::udp, seed, weather) {
    network.bob.answer = [this](const Event& event) { return bob(event); };
    network.ada.answer = [this](const Event& event) { return ada(event); };
  }

  bool renegotiate(Party& party, const Event& event) {
    if (const auto* offer = std::get_if<Reinvited>(&event))
      return party.endpoint.accept(offer->leg, sdp_body("re-answer"), network.now), true;
    if (const auto* request = std::get_if<IncomingRequest>(&event)) {
      const bool offers = !request->message->body().empty();
      return party.endpoint.respond(request->id, {.body = sdp_body(offers ? "answer" : "")}, network.now), true;
    }
    if (const auto* pracked = std::get_if<Pracked>(&event)) {
      if (pracked->id) party.endpoint.respond(pracked->id, {.body = sdp_body("answer")}, network.now);
      return true;
    }
    if (const auto* progress = std::get_if<Progress>(&event); progress != nullptr && progress->offers)
      return party.endpoint.prack(progress->leg, sdp_body("early answer"), network.now), true;
    return std::holds_alternative<Refused>(event) && std::get<Refused>(event).reinvite;
  }
  bool bob(const Event& event) {
    if (renegotiate(network.bob, event)) return true;
    if (const auto* incoming = std::get_if<IncomingInvite>(&event)) {
      ++invites;
      bobs = incoming->leg;
      network.bob.endpoint.provisional(bobs, 180, {}, network.now);
      if (early) network.bob.endpoint.provisional(bobs, 183, sdp_body("early"), network.now);
      if (answers) network.bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    }
    if (std::holds_alternative<Acked>(event)) ++acks;
    if (const auto* answered = std::get_if<Answered>(&event)) network.bob.endpoint.ack(answered->leg, {}, network.now);
    if (const auto* ended = std::get_if<Ended>(&event)) {
      ++bobs_ends;
      why += " bob: " + ended->reason;
    }
    return true;
  }
  bool ada(const Event& event) {
    if (renegotiate(network.ada, event)) return true;
    if (const auto* answered = std::get_if<Answered>(&event)) {
      ++answered_count;
      network.ada.endpoint.ack(answered->leg, {}, network.now);
    }
    const bool over = std::holds_alternative<Refused>(event) || std::holds_alternative<Ended>(event);
    if (const auto* ended = std::get_if<Ended>(&event)) why += " ada: " + ended->reason;
    if (over) ++adas_ends;
    return true;
  }

  Network network;
  LegId adas, bobs;
  bool answers = true, early = false;
  std::string why;  ///< the legs ended
  int invites = 0, acks = 0, answered_count = 0, bobs_ends = 0, adas_ends = 0;
};

constexpr Weather storms[] = {{0, 0, 0}, {10, 0, 0}, {0, 50, 0}, {0, 20, 60}, {20, 20, 40}, {40, 30, 30}, {90, 10, 10}};

struct WeatherTest : testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, WeatherTest, testing::Range(std::uint64_t{1}, std::uint64_t{41}));

TEST_P(WeatherTest, CallsWithReinvitesEndCleanly) {
  for (const Weather& weather : storms) {
    Drama drama(GetParam(), weather);
    Network& network = drama.network;
    drama.adas = network.ada.endpoint.invite(network.call(network.bob), network.now);
    network.run(10s);
    network.ada.endpoint.reinvite(drama.adas, sdp_body("ada's"), network.now);
    network.bob.endpoint.reinvite(drama.bobs, sdp_body("bob's"), network.now);
    network.run(100ms);
    network.ada.endpoint.request_in_dialog(drama.adas, Method::info, {}, {}, network.now);
    network.run(20s);
    network.ada.endpoint.hang_up(drama.adas, network.now);
    network.run(5s);
    if (drama.bobs) network.bob.endpoint.hang_up(drama.bobs, network.now);
    network.run(300s);
    EXPECT_TRUE(network.idle()) << "loss " << weather.loss;
    EXPECT_LE(drama.invites, 1) << "one INVITE is one call, however often it comes";
    if (weather.loss <= 10) {
      EXPECT_EQ(drama.invites, 1);
      EXPECT_GE(drama.acks, 1);
      EXPECT_GE(drama.answered_count, 1);
    }
  }
}

// The same with everything that a call may have: reliable responses with and without offers, UPDATEs from both sides
// at once, session timers that run out now and then.
TEST_P(WeatherTest, LongCallsWithReliableResponsesAndTimersEndCleanly) {
  for (const Weather& weather : storms) {
    Drama drama(GetParam(), weather);
    Network& network = drama.network;
    for (Party* party : {&network.ada, &network.bob})
      simulated::reconfigure(*party, [](EndpointOptions& options) {
        options.reliability = Reliability::always;
        options.session_timers = {.interval = std::chrono::seconds(60), .minimum = std::chrono::seconds(10)};
      });
    drama.early = GetParam() % 3 != 0;
    drama.adas =
        network.ada.endpoint.invite(network.call(network.bob, GetParam() % 2 == 0 ? "" : "offer"), network.now);
    network.run(15s);
    for (int i = 0; i < 10; ++i) {
      network.ada.endpoint.request_in_dialog(drama.adas, Method::update, {}, sdp_body("ada's"), network.now);
      network.bob.endpoint.request_in_dialog(drama.bobs, Method::update, {}, sdp_body("bob's"), network.now);
      if (i % 3 == 0) network.bob.endpoint.reinvite(drama.bobs, sdp_body("bob's re-INVITE"), network.now);
      network.run(std::chrono::milliseconds(GetParam() * 777));
    }
    if (weather.loss <= 10) {
      EXPECT_EQ(drama.answered_count > 0, true);
      EXPECT_EQ(drama.adas_ends + drama.bobs_ends, 0) << "loss " << weather.loss << drama.why;
      const auto view = network.ada.endpoint.view(drama.adas);
      ASSERT_TRUE(view);
      EXPECT_EQ(view->session_interval, 60s);
    }
    network.ada.endpoint.hang_up(drama.adas, network.now);
    if (drama.bobs) network.bob.endpoint.hang_up(drama.bobs, network.now);
    network.run(600s);
    EXPECT_TRUE(network.idle()) << "loss " << weather.loss;
    EXPECT_LE(drama.adas_ends, 1);
    EXPECT_LE(drama.bobs_ends, 1);
  }
}

// Nobody hangs up: what is left when the other side has gone is ended by the session timer.
TEST_P(WeatherTest, AVanishedPeerLeavesNothing) {
  Drama drama(GetParam(), {});
  Network& network = drama.network;
  drama.adas = network.ada.endpoint.invite(network.call(network.bob), network.now);
  network.run(std::chrono::seconds(GetParam()));
  network.drop = [](const Message&) { return true; };
  network.run(3600s);
  EXPECT_TRUE(network.idle());
  EXPECT_EQ(drama.adas_ends, 1);
  EXPECT_EQ(drama.bobs_ends, 1);
}

TEST_P(WeatherTest, CancelledCallsEndCleanly) {
  for (const Weather& weather : storms) {
    Drama drama(GetParam(), weather);
    drama.answers = GetParam() % 2 == 0;
    Network& network = drama.network;
    drama.adas = network.ada.endpoint.invite(network.call(network.bob), network.now);
    network.run(std::chrono::milliseconds(GetParam() * 3));
    network.ada.endpoint.hang_up(drama.adas, network.now);
    network.run(100s);
    if (drama.bobs) network.bob.endpoint.hang_up(drama.bobs, network.now);
    network.run(200s);
    EXPECT_TRUE(network.idle()) << "loss " << weather.loss;
    EXPECT_EQ(drama.adas_ends, 0) << "nothing follows hang_up()";
  }
}

}  // namespace
}  // namespace ringwall::sip
