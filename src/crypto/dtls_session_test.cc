#include "crypto/dtls_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "base/limits.h"
#include "crypto/dtls_cookie.h"
#include "crypto/openssl_clock_for_test.h"
#include "crypto/test_certificates.h"

namespace ringwall::crypto {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using State = DtlsSession::State;

const std::vector<SrtpProfile> all_profiles{SrtpProfile::aead_aes_256_gcm, SrtpProfile::aead_aes_128_gcm,
                                            SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32};

std::shared_ptr<const DtlsContext> make_context() {
  return DtlsContext::self_signed(wall_now());
}

/// Two ends and the network between them, in virtual time.
struct Pair {
  explicit Pair(Time start = Time{1000h}) : now(start) { test::openssl_time = now; }
  ~Pair() { test::openssl_time.reset(); }

  void open(Bytes cookie = {}) {
    server = std::make_unique<DtlsSession>(server_context, server_options(), now, cookie);
    client = std::make_unique<DtlsSession>(client_context, client_options(), now);
  }
  DtlsOptions client_options() {
    return {.active = true,
            .peer = server_prints.empty() ? std::vector{*fingerprint(server_context->certificate(), "sha-256")}
                                          : server_prints,
            .profiles = client_profiles};
  }
  DtlsOptions server_options() {
    return {.active = false,
            .peer = client_prints.empty() ? std::vector{*fingerprint(client_context->certificate(), "sha-256")}
                                          : client_prints,
            .profiles = server_profiles};
  }

  /// Carries what waits in both directions, until nothing waits.
  void carry() {
    for (bool any = true; any;) {
      any = false;
      for (auto* from : {client.get(), server.get()}) {
        auto* const to = from == client.get() ? server.get() : client.get();
        std::deque<Buffer> flight;
        while (auto datagram = from->poll_transmit()) {
          EXPECT_LE(datagram->size(), DtlsSession::mtu);
          if (!lose || !lose(sent++)) flight.push_back(std::move(*datagram));
        }
        if (reorder) std::ranges::reverse(flight);
        for (const Buffer& datagram : flight) {
          any = true;
          to->receive(datagram, now);
          if (duplicate) to->receive(datagram, now);
        }
      }
    }
  }
  void advance(Duration by) {
    now += by;
    test::openssl_time = now;
    client->expire(now);
    server->expire(now);
  }
  void run(Duration limit = 60s) {
    const Time end = now + limit;
    carry();
    while ((client->state() == State::handshaking || server->state() == State::handshaking) && now < end) {
      advance(10ms);
      carry();
    }
  }
  void expect_same_keys() {
    const auto of_client = client->take_keys(), of_server = server->take_keys();
    ASSERT_TRUE(of_client && of_server);
    EXPECT_EQ(of_client->profile, of_server->profile);
    EXPECT_TRUE(std::ranges::equal(of_client->local.reveal(), of_server->remote.reveal()));
    EXPECT_TRUE(std::ranges::equal(of_client->remote.reveal(), of_server->local.reveal()));
    EXPECT_FALSE(std::ranges::equal(of_client->local.reveal(), of_client->remote.reveal()));
    EXPECT_FALSE(client->take_keys().has_value());
  }

  Time now;
  std::shared_ptr<const DtlsContext> client_context = make_context(), server_context = make_context();
  std::vector<Fingerprint> client_prints, server_prints;
  std::vector<SrtpProfile> client_profiles = all_profiles, server_profiles = all_profiles;
  std::unique_ptr<DtlsSession> client, server;
  std::function<bool(std::size_t)> lose;
  bool reorder = false, duplicate = false;
  std::size_t sent = 0;
};

TEST(DtlsSession, AgreesOnTheKeysOfBothSides) {
  Pair pair;
  pair.open();
  pair.carry();
  EXPECT_EQ(pair.client->state(), State::done);
  EXPECT_EQ(pair.server->state(), State::done);
  EXPECT_FALSE(pair.client->next_timer(pair.now).has_value());
  pair.expect_same_keys();
}

TEST(DtlsSession, TakesTheServersFirstCommonProfile) {
  for (const SrtpProfile profile : all_profiles) {
    Pair pair;
    pair.server_profiles = {profile};
    pair.open();
    pair.carry();
    ASSERT_EQ(pair.client->state(), State::done) << print(profile);
    const auto keys = pair.client->take_keys();
    EXPECT_EQ(keys->profile, profile);
    const bool counter_mode = profile == SrtpProfile::aes128_cm_sha1_80 || profile == SrtpProfile::aes128_cm_sha1_32;
    const std::size_t key = profile == SrtpProfile::aead_aes_256_gcm ? 32 : 16;
    EXPECT_EQ(keys->local.size(), key + (counter_mode ? 14 : 12));
  }
}

TEST(DtlsSession, FailsWithoutACommonProfile) {
  Pair pair;
  pair.client_profiles = {SrtpProfile::aes128_cm_sha1_32};
  pair.server_profiles = {SrtpProfile::aead_aes_256_gcm};
  pair.open();
  pair.run();
  for (DtlsSession* side : {pair.client.get(), pair.server.get()}) {
    EXPECT_EQ(side->state(), State::failed);
    EXPECT_THAT(side->why(), HasSubstr("no SRTP profile"));
    EXPECT_FALSE(side->take_keys().has_value());
  }
}

TEST(DtlsSession, RefusesAServerWithAnotherCertificate) {
  Pair pair;
  pair.server_prints = {*fingerprint(make_context()->certificate(), "sha-256")};
  pair.open();
  pair.run();
  EXPECT_EQ(pair.client->state(), State::failed);
  EXPECT_TRUE(pair.client->wrong_certificate());
  EXPECT_THAT(pair.client->why(), HasSubstr("not the signalled fingerprint"));
  EXPECT_EQ(pair.server->state(), State::failed);
  EXPECT_FALSE(pair.server->wrong_certificate());
  EXPECT_THAT(pair.server->why(), HasSubstr("refused the DTLS handshake"));
  EXPECT_FALSE(pair.client->take_keys().has_value());
  EXPECT_FALSE(pair.server->take_keys().has_value());
}

TEST(DtlsSession, RefusesAClientWithAnotherCertificate) {
  Pair pair;
  pair.client_prints = {*fingerprint(make_context()->certificate(), "sha-512")};
  pair.open();
  pair.run();
  EXPECT_TRUE(pair.server->wrong_certificate());
  EXPECT_EQ(pair.server->state(), State::failed);
  EXPECT_EQ(pair.client->state(), State::failed);
  EXPECT_FALSE(pair.server->take_keys().has_value());
  EXPECT_FALSE(pair.client->take_keys().has_value());
}

TEST(DtlsSession, TwoClientsOrTwoServersDoNotAgree) {
  Pair pair;
  pair.server = std::make_unique<DtlsSession>(pair.server_context, pair.client_options(), pair.now);
  pair.client = std::make_unique<DtlsSession>(pair.client_context, pair.client_options(), pair.now);
  pair.run();
  EXPECT_EQ(pair.client->state(), State::failed);
  EXPECT_EQ(pair.server->state(), State::failed);
  pair.server = std::make_unique<DtlsSession>(pair.server_context, pair.server_options(), pair.now);
  pair.client = std::make_unique<DtlsSession>(pair.client_context, pair.server_options(), pair.now);
  pair.run();
  EXPECT_THAT(pair.client->why(), HasSubstr("not finished within 20 s"));
  EXPECT_THAT(pair.server->why(), HasSubstr("not finished within 20 s"));
}

/// Each datagram of the handshake in turn is lost; the timers mend it.
TEST(DtlsSession, SurvivesTheLossOfAnyDatagram) {
  std::size_t datagrams = 1;
  for (std::size_t lost = 0; lost < datagrams; ++lost) {
    Pair pair;
    pair.lose = [lost](std::size_t number) { return number == lost; };
    pair.open();
    pair.run(5s);
    ASSERT_EQ(pair.client->state(), State::done) << "without datagram " << lost << ": " << pair.client->why();
    ASSERT_EQ(pair.server->state(), State::done) << "without datagram " << lost << ": " << pair.server->why();
    pair.expect_same_keys();
    if (lost == 0) datagrams = pair.sent - 1;
  }
  EXPECT_GE(datagrams, 4u);
}

TEST(DtlsSession, SurvivesTheLossOfEachThirdDatagramWithDoublesOutOfOrder) {
  for (std::size_t phase = 0; phase < 3; ++phase) {
    Pair pair;
    pair.lose = [phase](std::size_t number) { return number < 12 && number % 3 == phase; };
    pair.reorder = pair.duplicate = true;
    pair.open();
    pair.run();
    ASSERT_EQ(pair.client->state(), State::done) << pair.client->why();
    ASSERT_EQ(pair.server->state(), State::done) << pair.server->why();
    pair.expect_same_keys();
  }
}

TEST(DtlsSession, RepeatsAFlightLaterEachTimeAndGivesUpInTheEnd) {
  Pair pair;
  pair.open();
  const Time start = pair.now;
  std::vector<Duration> sent_at;
  while (pair.client->state() == State::handshaking) {
    while (pair.client->poll_transmit())
      sent_at.push_back(pair.now - start);
    const auto next = pair.client->next_timer(pair.now);
    ASSERT_TRUE(next && *next > pair.now);
    pair.advance(*next - pair.now);
  }
  ASSERT_GE(sent_at.size(), 6u);
  EXPECT_NEAR(std::chrono::duration<double>(sent_at[1]).count(), 0.2, 0.02);
  EXPECT_NEAR(std::chrono::duration<double>(sent_at[2]).count(), 0.6, 0.04);
  EXPECT_NEAR(std::chrono::duration<double>(sent_at[3]).count(), 1.4, 0.06);
  EXPECT_EQ(pair.now - start, limits::dtls_handshake_time);
  EXPECT_THAT(pair.client->why(), HasSubstr("not finished within 20 s"));
}

/// The client lost the server's last flight: it repeats its own, and the server, long done, answers.
TEST(DtlsSession, RepeatsItsLastFlightAfterItIsDone) {
  Pair pair;
  pair.lose = [&pair](std::size_t) { return pair.server->state() == State::done && pair.now < Time{1000h} + 1s; };
  pair.open();
  pair.carry();
  EXPECT_EQ(pair.server->state(), State::done);
  EXPECT_EQ(pair.client->state(), State::handshaking);
  pair.run(5s);
  EXPECT_EQ(pair.client->state(), State::done);
  EXPECT_GE(pair.now, Time{1000h} + 1s);
}

TEST(DtlsSession, HearsThePeerClose) {
  Pair pair;
  pair.open();
  pair.carry();
  EXPECT_FALSE(pair.server->closed());
  pair.client->close();
  pair.carry();
  EXPECT_TRUE(pair.server->closed());
  EXPECT_EQ(pair.server->state(), State::done);
}

TEST(DtlsSession, DropsWhatIsNoRecordOfItsOwn) {
  Pair pair;
  pair.open();
  const Buffer noise(300, 0x16);
  Buffer forged{22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4};
  for (DtlsSession* side : {pair.client.get(), pair.server.get()}) {
    side->receive(noise, pair.now);
    side->receive(forged, pair.now);
  }
  pair.carry();
  EXPECT_EQ(pair.client->state(), State::done);
  pair.client->receive(noise, pair.now);
  pair.client->receive(forged, pair.now);
  EXPECT_EQ(pair.client->state(), State::done);
  EXPECT_FALSE(pair.client->closed());
}

TEST(DtlsSession, TakesOnlySoManyDatagramsBeforeItIsDone) {
  Pair pair;
  pair.open();
  const Buffer noise(40, 0x16);
  for (std::size_t i = 0; i <= limits::dtls_handshake_datagrams; ++i)
    pair.server->receive(noise, pair.now);
  pair.carry();
  EXPECT_EQ(pair.server->state(), State::handshaking);
  EXPECT_FALSE(pair.server->poll_transmit().has_value());
}

TEST(DtlsSession, AServerWithCookieGoesOnWithTheHelloThatShowsIt) {
  Pair pair;
  const Secret secret(std::string_view("a secret of the tests, 32 bytes!"));
  const Buffer address{127, 0, 0, 1, 0x40, 0x01};
  DtlsSession client(pair.client_context, pair.client_options(), pair.now);
  const auto first = client.poll_transmit();
  const auto hello = parse_client_hello(*first);
  ASSERT_TRUE(hello.has_value());
  EXPECT_TRUE(hello->cookie.empty());
  const DtlsCookie cookie = make_cookie(secret, address, *hello);
  const Buffer request = print_hello_verify_request(*hello, cookie);
  EXPECT_LT(request.size(), first->size());
  client.receive(request, pair.now);
  const auto second = client.poll_transmit();
  ASSERT_TRUE(second.has_value());
  const auto again = parse_client_hello(*second);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(std::ranges::equal(again->cookie, cookie));
  EXPECT_EQ(make_cookie(secret, address, *again), cookie);

  DtlsSession server(pair.server_context, pair.server_options(), pair.now, cookie);
  server.receive(*first, pair.now);  // an old one without cookie
  server.receive(*second, pair.now);
  for (int i = 0; i < 4; ++i) {
    while (const auto datagram = server.poll_transmit())
      client.receive(*datagram, pair.now);
    while (const auto datagram = client.poll_transmit())
      server.receive(*datagram, pair.now);
  }
  EXPECT_EQ(client.state(), State::done);
  EXPECT_EQ(server.state(), State::done);
}

TEST(DtlsCookie, DependsOnAddressHelloAndSecret) {
  Pair pair;
  const Secret secret(std::string_view("one")), other(std::string_view("two"));
  const Buffer here{127, 0, 0, 1, 1, 1}, there{127, 0, 0, 1, 1, 2};
  DtlsSession a(pair.client_context, pair.client_options(), pair.now),
      b(pair.client_context, pair.client_options(), pair.now);
  const Buffer of_a = *a.poll_transmit(), of_b = *b.poll_transmit();
  const auto hello_a = *parse_client_hello(of_a), hello_b = *parse_client_hello(of_b);
  EXPECT_EQ(make_cookie(secret, here, hello_a), make_cookie(secret, here, hello_a));
  EXPECT_NE(make_cookie(secret, here, hello_a), make_cookie(secret, there, hello_a));
  EXPECT_NE(make_cookie(secret, here, hello_a), make_cookie(secret, here, hello_b));
  EXPECT_NE(make_cookie(secret, here, hello_a), make_cookie(other, here, hello_a));
}

TEST(DtlsCookie, ReadsOnlyWholeHellos) {
  Pair pair;
  DtlsSession client(pair.client_context, pair.client_options(), pair.now);
  const Buffer hello = *client.poll_transmit();
  ASSERT_TRUE(parse_client_hello(hello).has_value());
  for (std::size_t size = 0; size < hello.size(); ++size)
    EXPECT_FALSE(parse_client_hello(Bytes(hello).first(size)).has_value()) << size;
  for (const std::size_t at : {0u, 1u, 3u, 13u, 19u, 59u}) {  // type, version, epoch, message, fragment, session id
    Buffer bad = hello;
    bad[at] ^= 0x55;
    EXPECT_FALSE(parse_client_hello(bad).has_value()) << at;
  }
}

TEST(Fingerprint, KnowsThreeHashes) {
  const auto certificate = make_context()->certificate();
  EXPECT_EQ(fingerprint(certificate, "sha-256")->value.size(), 32u);
  EXPECT_EQ(fingerprint(certificate, "sha-384")->value.size(), 48u);
  EXPECT_EQ(fingerprint(certificate, "sha-512")->value.size(), 64u);
  for (const auto* weak : {"sha-1", "sha-224", "md5", "md2", "", "SHA-256"})
    EXPECT_FALSE(fingerprint(certificate, weak).has_value()) << weak;
}

TEST(Fingerprint, TheStrongestHashDecides) {
  const auto mine = make_context()->certificate(), other = make_context()->certificate();
  const auto of = [](const Certificate& certificate, const char* hash) { return *fingerprint(certificate, hash); };
  EXPECT_TRUE(matches_fingerprint(mine, std::vector{of(other, "sha-256"), of(mine, "sha-256")}));
  EXPECT_TRUE(matches_fingerprint(mine, std::vector{of(mine, "sha-256"), of(mine, "sha-512")}));
  EXPECT_FALSE(matches_fingerprint(mine, std::vector{of(mine, "sha-256"), of(other, "sha-512")}));
  EXPECT_FALSE(matches_fingerprint(mine, std::vector{Fingerprint{"sha-1", Buffer(20)}}));
  EXPECT_FALSE(matches_fingerprint(mine, {}));
}

}  // namespace
}  // namespace ringwall::crypto
