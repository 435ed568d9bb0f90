#include "media/session/leg_dtls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

#include "base/limits.h"
#include "crypto/openssl_clock_for_test.h"
#include "media/session/authentication.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

NetAddress address(int host) {
  return {fmt::format("127.0.0.{}", host), 20'000};
}
PacketAddress packet_address(int host) {
  return *to_packet_address(address(host));
}

std::shared_ptr<const crypto::DtlsContext> context_of(int host) {
  static std::map<int, std::shared_ptr<const crypto::DtlsContext>> made;
  auto& slot = made[host];
  if (!slot) slot = crypto::DtlsContext::self_signed(wall_now());
  return slot;
}
std::vector<Fingerprint> print_of(int host) {
  return {*crypto::fingerprint(context_of(host)->certificate(), "sha-256")};
}

/// Legs and the network between them, in virtual time.
class Network {
 public:
  Network() { crypto::test::openssl_time = now; }
  ~Network() { crypto::test::openssl_time.reset(); }

  Leg& add(int host) {
    legs[host] = std::make_unique<Leg>(LegIdentity{.id = LegId{static_cast<std::uint64_t>(host)},
                                                   .local = address(host),
                                                   .ssrc = 0x1000u + static_cast<std::uint32_t>(host),
                                                   .sequence = 1,
                                                   .timestamp = 1,
                                                   .seed = 7,
                                                   .cname = "leg",
                                                   .dtls = context_of(host)},
                                       now);
    return *legs[host];
  }
  static LegParameters parameters(int peer, bool active, std::uint32_t association = 1) {
    LegParameters out;
    out.remote = address(peer);
    out.rtcp_mux = true;
    out.security = DtlsParameters{.association = association,
                                  .active = active,
                                  .remote = print_of(peer),
                                  .suites = {Suite::aead_aes_256_gcm, Suite::aes_cm_128_hmac_sha1_80}};
    return out;
  }
  /// Lets `time` pass in steps of 20 ms.
  void pass(Duration time) {
    for (const Time end = now + time; now < end;) {
      now += 20ms;
      crypto::test::openssl_time = now;
      for (const auto& [host, leg] : legs) {
        leg->tick(now, out);
        take(host);
      }
      carry();
    }
  }
  void inject(int to, int from, Bytes datagram) {
    Buffer copy = to_buffer(datagram);
    legs[to]->receive(copy, false, packet_address(from), now, out);
    take(to);
  }
  void take(int host) {
    for (const auto& packet : out.packets()) {
      const Bytes bytes = Bytes(packet.bytes).first(packet.size);
      ++sent[host];
      (bytes[0] < 64 ? dtls : media)[host].push_back(to_buffer(bytes));
      for (const auto& [other, leg] : legs)
        if (packet_address(other) == packet.to && !(lose && lose(host, bytes)))
          waiting.push_back({other, host, to_buffer(bytes)});
      if (std::ranges::none_of(legs, [&](const auto& leg) { return packet_address(leg.first) == packet.to; }))
        elsewhere.push_back(to_buffer(bytes));
    }
    out.clear_packets();
    for (Event& event : out.events)
      events.push_back(std::move(event));
    out.events.clear();
  }
  void carry() {
    while (!waiting.empty()) {
      auto [to, from, bytes] = std::move(waiting.front());
      waiting.pop_front();
      legs[to]->receive(bytes, false, packet_address(seen_from.contains(from) ? seen_from[from] : from), now, out);
      take(to);
    }
  }
  template <class E>
  std::vector<E> of(int host) const {
    std::vector<E> found;
    for (const Event& event : events)
      if (const E* one = std::get_if<E>(&event); one != nullptr && one->leg == LegId{static_cast<std::uint64_t>(host)})
        found.push_back(*one);
    return found;
  }

  struct Way {
    int to, from;
    Buffer bytes;
  };
  Time now{1000h};
  std::map<int, std::unique_ptr<Leg>> legs;
  std::function<bool(int, Bytes)> lose;
  std::map<int, int> seen_from;  // hosts whose packets bear another address
  std::deque<Way> waiting;
  std::map<int, std::vector<Buffer>> dtls, media;
  std::map<int, std::size_t> sent;
  std::vector<Buffer> elsewhere;
  std::vector<Event> events;
  Outbox out;
};

bool is_dtls(Bytes bytes) {
  return bytes[0] >= 20 && bytes[0] <= 63;
}

TEST(LegDtls, TwoLegsAgreeAndTalk) {
  Network network;
  Leg& passive = network.add(1);
  Leg& active = network.add(2);
  passive.configure(Network::parameters(2, false), network.now);
  active.configure(Network::parameters(1, true), network.now);
  network.pass(200ms);
  ASSERT_EQ(network.of<DtlsDone>(1).size(), 1u);
  ASSERT_EQ(network.of<DtlsDone>(2).size(), 1u);
  EXPECT_EQ(passive.report().suite, "AEAD_AES_256_GCM");
  EXPECT_TRUE(passive.report().dtls);
  network.pass(1s);
  EXPECT_GT(passive.report().received.packets, 40u);
  EXPECT_GT(active.report().received.packets, 40u);
  EXPECT_EQ(passive.report().authentication_failures, 0u);
  // What was on the wire authenticates under the keys that the event holds, for the proof.
  std::vector<CapturedPacket> captured;
  for (const Buffer& packet : network.media[1])
    captured.push_back({.from_peer = false, .bytes = packet});
  const auto keys = network.of<DtlsDone>(1).front().keys;
  EXPECT_EQ(authenticate(std::vector{keys}, captured).to_peer.authenticated, network.media[1].size());
}

TEST(LegDtls, NothingLeavesAndNothingEntersBeforeKeysAreAgreed) {
  Network network;
  Leg& passive = network.add(1);
  Leg& active = network.add(2);
  network.lose = [](int, Bytes bytes) { return is_dtls(bytes); };
  passive.configure(Network::parameters(2, false), network.now);
  active.configure(Network::parameters(1, true), network.now);
  passive.start_tone(440);
  const Buffer clear_rtp(172, 0x80);
  for (int i = 0; i < 50; ++i)
    network.inject(1, 2, clear_rtp);
  network.pass(7s);  // long enough for reports too
  EXPECT_TRUE(network.media[1].empty());
  EXPECT_TRUE(network.media[2].empty());
  EXPECT_EQ(passive.report().received.packets, 0u);
  EXPECT_EQ(passive.report().refused, 50u);
  Outbox out;
  passive.say_goodbye(network.now, out);
  EXPECT_TRUE(out.packets().empty());
}

TEST(LegDtls, APromptWaitsForTheKeys) {
  Network network;
  Leg& passive = network.add(1);
  Leg& active = network.add(2);
  network.lose = [](int, Bytes bytes) { return is_dtls(bytes); };
  passive.configure(Network::parameters(2, false), network.now);
  active.configure(Network::parameters(1, true), network.now);
  Playlist prompt;
  prompt.clips.emplace_back(std::make_shared<const std::vector<std::int16_t>>(1'600, 1'000));
  passive.play(std::move(prompt));
  network.pass(1s);
  EXPECT_TRUE(network.of<PlayFinished>(1).empty());
  network.lose = {};
  network.pass(5s);
  EXPECT_EQ(network.of<PlayFinished>(1).size(), 1u);
}

TEST(LegDtls, SurvivesTheLossOfEachFlight) {
  for (std::size_t lost = 0; lost < 8; ++lost) {
    Network network;
    network.add(1).configure(Network::parameters(2, false), network.now);
    network.add(2).configure(Network::parameters(1, true), network.now);
    std::size_t number = 0;
    network.lose = [&](int, Bytes bytes) { return is_dtls(bytes) && number++ == lost; };
    network.pass(3s);
    EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u) << lost;
    EXPECT_EQ(network.of<DtlsDone>(2).size(), 1u) << lost;
  }
}

TEST(LegDtls, FailsAtOnceWhenTheSignalledPeerShowsAnotherCertificate) {
  Network network;
  network.add(1);
  network.add(2);
  auto parameters = Network::parameters(2, false);
  std::get<DtlsParameters>(parameters.security).remote = print_of(3);
  network.legs[1]->configure(parameters, network.now);
  network.legs[2]->configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  ASSERT_EQ(network.of<DtlsFailed>(1).size(), 1u);
  EXPECT_THAT(network.of<DtlsFailed>(1).front().why, HasSubstr("not the signalled fingerprint"));
  ASSERT_EQ(network.of<DtlsFailed>(2).size(), 1u);
  EXPECT_THAT(network.of<DtlsFailed>(2).front().why, HasSubstr("refused the DTLS handshake"));
  network.pass(30s);
  EXPECT_EQ(network.of<DtlsFailed>(1).size(), 1u);
  EXPECT_TRUE(network.media[1].empty());
  EXPECT_TRUE(network.media[2].empty());
}

TEST(LegDtls, FailsWithAReasonWhenNobodyComes) {
  Network network;
  network.add(1).configure(Network::parameters(9, false), network.now);
  network.add(2).configure(Network::parameters(9, true), network.now);
  network.pass(21s);
  for (const int leg : {1, 2}) {
    ASSERT_EQ(network.of<DtlsFailed>(leg).size(), 1u);
    EXPECT_THAT(network.of<DtlsFailed>(leg).front().why, HasSubstr("finished within 20 s"));
  }
}

/// Anybody may find the port and finish a handshake with a certificate of his own. The call must not end for it.
TEST(LegDtls, AStrangerNeitherGetsInNorEndsTheCall) {
  Network network;
  Leg& passive = network.add(1);
  passive.configure(Network::parameters(2, false), network.now);
  network.add(66).configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  EXPECT_TRUE(network.of<DtlsDone>(1).empty());
  EXPECT_TRUE(network.of<DtlsFailed>(1).empty());
  EXPECT_EQ(network.of<DtlsFailed>(66).size(), 1u);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u);
  EXPECT_EQ(network.of<DtlsDone>(2).size(), 1u);
}

/// One who shows a cookie and then says no more holds the leg only against other strangers.
TEST(LegDtls, AStrangerWhoStallsIsOvertakenByTheSignalledPeer) {
  Network network;
  Leg& passive = network.add(1);
  passive.configure(Network::parameters(2, false), network.now);
  network.add(66).configure(Network::parameters(1, true), network.now);
  std::size_t from_stranger = 0;
  network.lose = [&](int from, Bytes bytes) { return from == 66 && is_dtls(bytes) && ++from_stranger > 2; };
  network.pass(500ms);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(500ms);
  EXPECT_EQ(network.of<DtlsDone>(2).size(), 1u);
  EXPECT_TRUE(network.of<DtlsDone>(66).empty());
}

/// A peer behind a NAT comes from an address that nobody signalled; its certificate is what counts.
TEST(LegDtls, APeerFromAnUnsignalledAddressIsKnownByItsCertificate) {
  Network network;
  Leg& passive = network.add(1);
  auto parameters = Network::parameters(2, false);
  parameters.remote = address(9);
  passive.configure(parameters, network.now);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u);
  EXPECT_EQ(passive.peer(false), packet_address(2));
  EXPECT_GT(network.legs[2]->report().received.packets, 20u);
}

/// A host of several addresses answers from the one that its routes prefer.
TEST(LegDtls, AnAnswerFromAnotherAddressOfThePeerCounts) {
  Network network;
  Leg& active = network.add(1);
  active.configure(Network::parameters(2, true), network.now);
  network.add(2).configure(Network::parameters(1, false), network.now);
  network.seen_from[2] = 22;
  network.pass(1s);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u);
  EXPECT_EQ(network.of<DtlsDone>(2).size(), 1u);
  EXPECT_GT(active.report().received.packets, 20u);
}

TEST(LegDtls, AFloodOfHellosWithoutCookieIsAnsweredFromNothing) {
  Network network;
  Leg& passive = network.add(1);
  passive.configure(Network::parameters(2, false), network.now);
  std::size_t hello_bytes = 0;
  for (int i = 0; i < 2'000; ++i) {
    crypto::DtlsSession flooder(
        context_of(66), {.active = true, .peer = print_of(1), .profiles = {*dtls_profile(Suite::aead_aes_256_gcm)}},
        network.now);
    const Buffer hello = *flooder.poll_transmit();
    hello_bytes += hello.size();
    Buffer copy = hello;
    passive.receive(copy, false, *to_packet_address({"127.0.66.1", static_cast<std::uint16_t>(1'000 + i)}), network.now,
                    network.out);
    network.take(1);
  }
  ASSERT_EQ(network.elsewhere.size(), 2'000u);  // a HelloVerifyRequest each, and none is longer than the hello
  std::size_t answer_bytes = 0;
  for (const Buffer& answer : network.elsewhere) {
    EXPECT_EQ(answer[13], 3u);  // hello_verify_request
    answer_bytes += answer.size();
  }
  EXPECT_LT(answer_bytes, hello_bytes);
  network.pass(1s);
  EXPECT_EQ(network.elsewhere.size(), 2'000u);  // nothing is repeated: nothing was kept
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(500ms);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u);
}

/// RFC 5763 section 5: the hello of an active answerer may arrive before its answer does.
TEST(LegDtls, AHelloThatCameBeforeTheAnswerIsNotLost) {
  Network network;
  Leg& passive = network.add(1);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(20ms);
  EXPECT_TRUE(network.dtls[1].empty());
  passive.configure(Network::parameters(2, false), network.now);
  network.pass(20ms);
  EXPECT_FALSE(network.dtls[1].empty());  // before the hello was repeated after 200 ms
  network.pass(100ms);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u);
}

TEST(LegDtls, TheSameParametersKeepTheAssociation) {
  Network network;
  network.add(1).configure(Network::parameters(2, false), network.now);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(500ms);
  const auto before = network.dtls[2].size();
  auto held = Network::parameters(2, false);
  held.receive = false;
  network.legs[1]->configure(held, network.now);
  network.legs[2]->configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  EXPECT_EQ(network.dtls[2].size(), before);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 1u);
}

/// RFC 8842: a new association, with the old keys in use until the new ones are there.
TEST(LegDtls, ANewAssociationReKeysWithoutAGap) {
  Network network;
  network.add(1).configure(Network::parameters(2, false), network.now);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  network.legs[1]->configure(Network::parameters(2, true, 2), network.now);  // the roles change as well
  network.legs[2]->configure(Network::parameters(1, false, 2), network.now);
  network.pass(1s);
  ASSERT_EQ(network.of<DtlsDone>(1).size(), 2u);
  ASSERT_EQ(network.of<DtlsDone>(2).size(), 2u);
  const auto done = network.of<DtlsDone>(1);
  EXPECT_FALSE(std::ranges::equal(done[0].keys.local.reveal(), done[1].keys.local.reveal()));
  network.pass(3s);
  for (const int leg : {1, 2}) {
    EXPECT_EQ(network.legs[leg]->report().lost, 0u);
    EXPECT_EQ(network.legs[leg]->report().authentication_failures, 0u);
  }
  EXPECT_GT(network.legs[1]->report().received.packets, 230u);
}

TEST(LegDtls, AStaleHelloDoesNotHoldANewAssociationUp) {
  Network network;
  network.add(1).configure(Network::parameters(2, false), network.now);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(500ms);
  Buffer old_hello;
  for (const Buffer& datagram : network.dtls[2])
    if (const auto hello = crypto::parse_client_hello(datagram); hello && !hello->cookie.empty()) old_hello = datagram;
  ASSERT_FALSE(old_hello.empty());
  network.inject(1, 2, old_hello);
  network.legs[1]->configure(Network::parameters(2, false, 2), network.now);
  network.inject(1, 2, old_hello);  // its cookie is still good
  network.legs[2]->configure(Network::parameters(1, true, 2), network.now);
  network.pass(500ms);
  EXPECT_EQ(network.of<DtlsDone>(1).size(), 2u);
  EXPECT_EQ(network.of<DtlsDone>(2).size(), 2u);
}

TEST(LegDtls, ALegWithoutIdentityOrParametersRefusesHandshakes) {
  Network network;
  Leg& leg = network.add(1);
  LegParameters sdes;
  sdes.remote = address(2);
  sdes.security = SrtpKeys{Suite::aes_cm_128_hmac_sha1_80, Secret(Buffer(30, 1)), Secret(Buffer(30, 2)), {}, {}, 0};
  leg.configure(sdes, network.now);
  network.add(2).configure(Network::parameters(1, true), network.now);
  network.pass(1s);
  EXPECT_TRUE(network.dtls[1].empty());
  EXPECT_TRUE(network.of<DtlsDone>(2).empty());
}

TEST(LegDtls, ChecksItsParameters) {
  auto parameters = Network::parameters(2, true);
  EXPECT_TRUE(LegSecurity::check(parameters).has_value());
  parameters.rtcp_mux = false;
  EXPECT_FALSE(LegSecurity::check(parameters).has_value());
  parameters = Network::parameters(2, true);
  std::get<DtlsParameters>(parameters.security).remote.clear();
  EXPECT_FALSE(LegSecurity::check(parameters).has_value());
  parameters = Network::parameters(2, true);
  std::get<DtlsParameters>(parameters.security).suites = {Suite::aes_256_cm_hmac_sha1_80};
  EXPECT_FALSE(LegSecurity::check(parameters).has_value());
}

}  // namespace
}  // namespace ringwall::media
