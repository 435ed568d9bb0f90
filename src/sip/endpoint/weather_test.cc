#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"

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
    if (const auto* request = std::get_if<IncomingRequest>(&event))
      return party.endpoint.respond(request->id, {}, network.now), true;
    return std::holds_alternative<Refused>(event) && std::get<Refused>(event).reinvite;
  }
  bool bob(const Event& event) {
    if (renegotiate(network.bob, event)) return true;
    if (const auto* incoming = std::get_if<IncomingInvite>(&event)) {
      ++invites;
      bobs = incoming->leg;
      network.bob.endpoint.provisional(bobs, 180, {}, network.now);
      if (answers) network.bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    }
    if (std::holds_alternative<Acked>(event)) ++acks;
    if (std::holds_alternative<Ended>(event)) ++bobs_ends;
    return true;
  }
  bool ada(const Event& event) {
    if (renegotiate(network.ada, event)) return true;
    if (const auto* answered = std::get_if<Answered>(&event)) {
      ++answered_count;
      network.ada.endpoint.ack(answered->leg, {}, network.now);
    }
    const bool over = std::holds_alternative<Refused>(event) || std::holds_alternative<Ended>(event);
    if (over) ++adas_ends;
    return true;
  }

  Network network;
  LegId adas, bobs;
  bool answers = true;
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
