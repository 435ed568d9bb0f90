#pragma once

#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"

/// A call between the two parties of a simulated network: for tests.
namespace ringwall::sip::simulated {

/// Replaces an endpoint by one with other options.
inline void reconfigure(Party& party, const std::function<void(EndpointOptions&)>& change) {
  EndpointOptions options = party.options();
  change(options);
  std::destroy_at(&party.endpoint);
  std::construct_at(&party.endpoint, std::move(options));
}

struct CallFixture : testing::Test {
  explicit CallFixture(Transport transport = Transport::tls) : network(transport) {}

  Network network;
  Party& ada = network.ada;
  Party& bob = network.bob;
  LegId adas, bobs;

  /// Everything ends, and nothing is left or untold.
  void TearDown() override {
    ada.endpoint.hang_up(adas, network.now);
    bob.endpoint.hang_up(bobs, network.now);
    network.drop = nullptr;
    network.run(300s);
    EXPECT_TRUE(network.idle());
    for (const std::string& line : network.wire)
      EXPECT_THAT(line, testing::Not(testing::HasSubstr("MALFORMED")));
  }
  void ring(std::string offer = "offer", Headers headers = {}) {
    Outgoing call = network.call(bob, std::move(offer));
    call.headers = std::move(headers);
    adas = ada.endpoint.invite(std::move(call), network.now);
    network.run(100ms);
    const auto incoming = bob.take<IncomingInvite>();
    ASSERT_TRUE(incoming);
    bobs = incoming->leg;
  }
  void answer() {
    bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    network.run(50ms);
    ASSERT_TRUE(ada.take<Answered>());
    ada.endpoint.ack(adas, {}, network.now);
    network.run(50ms);
    ASSERT_TRUE(bob.take<Acked>());
  }
  void establish() {
    ring();
    answer();
    network.wire.clear();
    network.transmits.clear();
  }
  /// The last message sent whose first line begins so.
  [[nodiscard]] std::optional<Message> last(std::string_view begin) const {
    for (auto at = network.transmits.rbegin(); at != network.transmits.rend(); ++at) {
      if (!at->bytes.starts_with(begin)) continue;
      auto read = Message::parse(at->bytes);
      if (read) return std::move(*read);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::string header(std::string_view begin, HeaderName name) const {
    const auto message = last(begin);
    return message ? std::string(message->header(name)) : "no such message";
  }
  [[nodiscard]] auto count(std::string_view line) const { return std::ranges::count(network.wire, line); }
  std::string state(Party& party, LegId leg) {
    const auto view = party.endpoint.view(leg);
    return view ? view->state : "none";
  }
};

}  // namespace ringwall::sip::simulated
