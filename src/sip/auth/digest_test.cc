#include <gtest/gtest.h>

#include "sip/auth/digest_client.h"
#include "sip/auth/digest_server.h"

namespace ringwall::sip {
namespace {

using crypto::DigestAlgorithm;
using Kind = DigestVerdict::Kind;
using Headers = DigestClient::Headers;

constexpr DigestAlgorithm strong[] = {DigestAlgorithm::sha_512_256, DigestAlgorithm::sha_256};
constexpr DigestAlgorithm all[] = {DigestAlgorithm::sha_512_256, DigestAlgorithm::sha_256, DigestAlgorithm::md5};
constexpr DigestAlgorithm only_md5[] = {DigestAlgorithm::md5};
const Time start{};

Message parse(const std::string& text) {
  auto out = Message::parse(text);
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

Message request(const Headers& extra = {}, const std::string& uri = "sip:ringwall.test", const std::string& body = {}) {
  std::string text = "REGISTER " + uri +
                     " SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n"
                     "From: <sip:1001@ringwall.test>;tag=a\r\nTo: <sip:1001@ringwall.test>\r\n"
                     "Call-ID: c\r\nCSeq: 1 REGISTER\r\n";
  for (const auto& [name, value] : extra)
    text += name + ": " + value + "\r\n";
  return parse(text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

Message response(const Headers& challenges, int status = 401) {
  std::string text = "SIP/2.0 " + std::to_string(status) +
                     " Unauthorized\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKa\r\n"
                     "From: <sip:1001@ringwall.test>;tag=a\r\nTo: <sip:1001@ringwall.test>;tag=b\r\n"
                     "Call-ID: c\r\nCSeq: 1 REGISTER\r\n";
  for (const auto& [name, value] : challenges)
    text += name + ": " + value + "\r\n";
  return parse(text + "Content-Length: 0\r\n\r\n");
}

/// One client with the password "secret" and one server that knows user 1001 by it.
struct Digest : testing::Test {
  static DigestClient make_client(const std::string& password = "secret", bool md5 = false) {
    DigestClient out({.md5 = md5, .random = [n = std::uint64_t{0}]() mutable { return ++n * 0x9e3779b97f4a7c15; }});
    out.set_account(DigestAccount::from_password("1001", "ringwall.test", password));
    return out;
  }
  DigestVerdict verify(const Message& message, std::span<const DigestAlgorithm> algorithms = strong, Time now = start) {
    return server.verify(
        message, algorithms, [this](std::string_view user) { return user == "1001" ? &account : nullptr; }, now);
  }
  Headers answer(DigestClient& who, std::span<const DigestAlgorithm> algorithms = strong, Time now = start) {
    return who.authorize(response(server.challenge(algorithms, false, now)), "REGISTER", "sip:ringwall.test", "");
  }

  DigestServer server{"ringwall.test", Secret("0123456789abcdef0123456789abcdef")};
  DigestAccount account = DigestAccount::from_password("1001", "ringwall.test", "secret");
  DigestClient client = make_client();
};

TEST_F(Digest, AClientThatKnowsTheSecretIsTaken) {
  EXPECT_EQ(verify(request()).kind, Kind::absent);
  const auto verdict = verify(request(answer(client)));
  EXPECT_EQ(verdict.kind, Kind::ok) << verdict.reason;
  EXPECT_EQ(verdict.user, "1001");
}

TEST_F(Digest, TheStrongestChallengeIsAnswered) {
  const Headers challenges = server.challenge(all, false, start);
  ASSERT_EQ(challenges.size(), 3U);
  EXPECT_NE(challenges[0].second.find("algorithm=SHA-512-256"), std::string::npos);
  EXPECT_NE(challenges[2].second.find("algorithm=MD5"), std::string::npos);
  const Headers backwards(challenges.rbegin(), challenges.rend());
  const Headers given = client.authorize(response(backwards), "REGISTER", "sip:ringwall.test", "");
  ASSERT_EQ(given.size(), 1U);
  EXPECT_NE(given[0].second.find("algorithm=SHA-512-256"), std::string::npos);
  EXPECT_EQ(verify(request(given), all).kind, Kind::ok);
}

TEST_F(Digest, Md5IsRefusedOnBothSidesUnlessAllowed) {
  EXPECT_TRUE(answer(client, only_md5).empty());
  EXPECT_NE(client.trouble().find("MD5"), std::string::npos);
  DigestClient old = make_client("secret", true);
  EXPECT_EQ(verify(request(answer(old, only_md5)), strong).kind, Kind::refused);
  EXPECT_EQ(verify(request(answer(old, only_md5)), all).kind, Kind::ok);
}

TEST_F(Digest, AWrongSecretAndAnUnknownUserLookTheSame) {
  DigestClient wrong = make_client("guess");
  const auto first = verify(request(answer(wrong)));
  EXPECT_EQ(first.kind, Kind::refused);
  EXPECT_TRUE(first.guessed);
  DigestClient stranger = make_client();
  stranger.set_account(DigestAccount::from_password("1002", "ringwall.test", "secret"));
  const auto second = verify(request(answer(stranger)));
  EXPECT_EQ(second.kind, Kind::refused);
  EXPECT_TRUE(second.guessed);
  EXPECT_EQ(first.warning, second.warning);
}

TEST_F(Digest, AnAccountWithoutThatAlgorithmIsRefused) {
  account.a1[0] = Secret();
  EXPECT_EQ(verify(request(answer(client))).kind, Kind::refused);
  constexpr DigestAlgorithm other[] = {DigestAlgorithm::sha_256};
  EXPECT_EQ(verify(request(answer(client, other))).kind, Kind::ok);
}

TEST_F(Digest, ARepeatedRequestIsStaleAndTheNextCountIsNot) {
  const Headers challenge = server.challenge(strong, false, start);
  const auto next = [&] { return request(client.authorize(response(challenge), "REGISTER", "sip:ringwall.test", "")); };
  const Message first = next(), second = next();
  EXPECT_EQ(verify(second).kind, Kind::ok);
  EXPECT_EQ(verify(first).kind, Kind::ok) << "out of order, within the window";
  EXPECT_EQ(verify(first).kind, Kind::stale);
  EXPECT_EQ(verify(second).kind, Kind::stale);
  EXPECT_EQ(verify(next()).kind, Kind::ok);
}

TEST_F(Digest, AnExpiredOrForeignNonceIsStaleToWhoKnowsTheSecretAlone) {
  const Message late = request(answer(client));
  EXPECT_EQ(verify(late, strong, start + limits::digest_nonce_lifetime).kind, Kind::stale);
  DigestServer restarted("ringwall.test", Secret("another key, another process"));
  const auto find = [this](std::string_view) { return &account; };
  EXPECT_EQ(restarted.verify(late, strong, find, start).kind, Kind::stale);
  DigestClient wrong = make_client("guess");
  EXPECT_EQ(restarted.verify(request(answer(wrong)), strong, find, start).kind, Kind::refused);
  const Headers again = server.challenge(strong, true, start);
  EXPECT_NE(again[0].second.find("stale=true"), std::string::npos);
}

TEST_F(Digest, TheDigestUriIsTheRequestUri) {
  const Headers given = answer(client);
  EXPECT_EQ(verify(request(given, "sip:RINGWALL.test")).kind, Kind::ok) << "equal by RFC 3261 section 19.1.4";
  EXPECT_EQ(verify(request(given, "sip:other.test")).kind, Kind::refused);
}

TEST_F(Digest, AuthIntCoversTheBody) {
  Headers challenge = server.challenge(strong, false, start);
  for (auto& [name, value] : challenge)
    value.replace(value.find("auth,auth-int"), 13, "auth-int");
  const Headers given = client.authorize(response(challenge), "REGISTER", "sip:ringwall.test", "hello");
  EXPECT_EQ(verify(request(given, "sip:ringwall.test", "hullo")).kind, Kind::refused);
  EXPECT_EQ(verify(request(given, "sip:ringwall.test", "hello")).kind, Kind::ok);
}

TEST_F(Digest, MalformedCredentialsAreRefused) {
  const std::string good = answer(client)[0].second;
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string out = good;
    const std::size_t at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    out.replace(at, from.size(), to);
    return verify(request({{"Authorization", out}})).kind;
  };
  EXPECT_EQ(changed("qop=auth", "qop=none"), Kind::refused);
  EXPECT_EQ(changed("nc=00000001", "nc=1"), Kind::refused);
  EXPECT_EQ(changed("nc=00000001", "nc=0000000g"), Kind::refused);
  EXPECT_EQ(changed("cnonce=", "xnonce="), Kind::refused);
  EXPECT_EQ(changed("SHA-512-256", "SHA-512-256-sess"), Kind::refused);
  EXPECT_EQ(changed("username=", "nc="), Kind::refused) << "a parameter twice";
  EXPECT_EQ(changed("ringwall.test", "elsewhere.test"), Kind::absent);
  Headers many(limits::sip_challenges, {"Authorization", "Basic user=\"x\""});
  EXPECT_EQ(verify(request(many)).kind, Kind::absent);
  many.emplace_back("Authorization", good);
  EXPECT_EQ(verify(request(many)).kind, Kind::refused);
  EXPECT_EQ(verify(request({{"Authorization", good}})).kind, Kind::ok);
}

TEST_F(Digest, SeveralRealmsAreAnsweredAllOrNone) {
  const std::string carrier = "Digest realm=\"carrier.test\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth\"";
  Headers both = server.challenge(strong, false, start);
  both.emplace_back("Proxy-Authenticate", carrier);
  EXPECT_TRUE(client.authorize(response(both), "REGISTER", "sip:ringwall.test", "").empty());
  EXPECT_NE(client.trouble().find("carrier.test"), std::string::npos);
  client.set_account(DigestAccount::from_password("us", "carrier.test", "theirs"));
  const Headers given = client.authorize(response(both), "REGISTER", "sip:ringwall.test", "");
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[0].first, "Authorization");
  EXPECT_EQ(given[1].first, "Proxy-Authorization");
  EXPECT_NE(given[1].second.find("username=\"us\""), std::string::npos);
}

// A server of RFC 2069, and the session variant: RFC 2617 section 3.2.2 in its two forms, checked by hashing again.
TEST_F(Digest, OldServersAndSessionKeysAreAnswered) {
  DigestClient old = make_client("secret", true);
  const Headers plain =
      old.authorize(response({{"WWW-Authenticate", R"(Digest realm="ringwall.test", nonce="abc", opaque="q\"q")"}}),
                    "REGISTER", "sip:ringwall.test", "");
  ASSERT_EQ(plain.size(), 1U);
  const auto value = parse_auth(plain[0].second);
  ASSERT_TRUE(value.has_value());
  const auto hash = [](std::initializer_list<std::string_view> parts) {
    return std::string(as_text(crypto::digest_of(DigestAlgorithm::md5, parts).reveal()));
  };
  const std::string a1 = hash({"1001", "ringwall.test", "secret"}), a2 = hash({"REGISTER", "sip:ringwall.test"});
  EXPECT_EQ(value->text("response"), hash({a1, "abc", a2}));
  EXPECT_EQ(value->text("opaque"), "q\"q");
  EXPECT_FALSE(value->find("qop"));

  const Headers session = old.authorize(
      response({{"WWW-Authenticate", R"(Digest realm="ringwall.test", nonce="abc", algorithm=MD5-sess, qop="auth")"}}),
      "REGISTER", "sip:ringwall.test", "");
  ASSERT_EQ(session.size(), 1U);
  const auto second = parse_auth(session[0].second);
  ASSERT_TRUE(second.has_value());
  const std::string cnonce = second->text("cnonce");
  EXPECT_EQ(second->text("response"), hash({hash({a1, "abc", cnonce}), "abc", "00000002", cnonce, "auth", a2}));
}

TEST(NonceBook, CountsAreUsedOnceWithinTheWindow) {
  NonceBook book(Secret("0123456789abcdef"));
  const auto serial = book.read(book.mint(start), start).serial;
  EXPECT_FALSE(book.take(serial, 0));
  EXPECT_TRUE(book.take(serial, 100));
  EXPECT_FALSE(book.take(serial, 100));
  EXPECT_TRUE(book.take(serial, 100 - limits::digest_count_window + 1));
  EXPECT_FALSE(book.take(serial, 100 - limits::digest_count_window));
  EXPECT_TRUE(book.take(serial, 0xffffffff));
  EXPECT_FALSE(book.take(serial, 100));
}

TEST(NonceBook, APushedOutNonceIsNotTakenAgain) {
  NonceBook book(Secret("0123456789abcdef"), limits::digest_nonce_lifetime, 4);
  const auto mint = [&] { return book.read(book.mint(start), start).serial; };
  const auto first = mint();
  EXPECT_TRUE(book.take(first, 1));
  for (int i = 0; i < 3; ++i)
    mint();  // challenges alone push nothing out
  EXPECT_TRUE(book.take(first, 2));
  EXPECT_TRUE(book.take(mint(), 1));
  EXPECT_FALSE(book.take(first, 3));
}

TEST(NonceBook, WhatIsNotItsOwnIsForeign) {
  NonceBook book(Secret("0123456789abcdef"));
  std::string nonce = book.mint(start);
  EXPECT_EQ(book.read(nonce, start).state, NonceBook::State::good);
  for (char& c : nonce) {
    const char kept = c;
    c = c == 'A' ? 'B' : 'A';
    EXPECT_EQ(book.read(nonce, start).state, NonceBook::State::foreign);
    c = kept;
  }
  EXPECT_EQ(book.read("", start).state, NonceBook::State::foreign);
  EXPECT_EQ(book.read(std::string(100'000, 'A'), start).state, NonceBook::State::foreign);
}

}  // namespace
}  // namespace ringwall::sip
