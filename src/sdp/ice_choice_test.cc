#include "sdp/ice_choice.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/limits.h"
#include "sdp/ice_attributes.h"
#include "sdp/same_description.h"

namespace ringwall::sdp {
namespace {

constexpr std::string_view password = "abcdefghijklmnopqrstuv";

Candidate host(std::uint16_t component, std::uint16_t port) {
  return {"1", component, "udp", host_priority(component), {"192.0.2.1", port}, "host", {}};
}

Local local(bool lite = true) {
  Local out;
  out.address = {"192.0.2.1", 20'000};
  out.codecs = {"PCMU"};
  out.suites = {"AES_CM_128_HMAC_SHA1_80"};
  out.random_key = [](std::size_t size) { return Secret(Buffer(size, 7)); };
  out.ice =
      LocalIce{"ours", Secret(std::string_view("ourpasswordourpassword")), lite, {host(1, 20'000), host(2, 20'001)}};
  return out;
}

/// As a browser writes it, but for the keys in the signalling.
std::string browser_offer(std::string_view audio_extra = "", std::string_view session_extra = "") {
  return fmt::format(
      "v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
      "a=extmap-allow-mixed\r\na=msid-semantic: WMS stream\r\n{}"
      "m=audio 9 RTP/SAVPF 111 0 110\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
      "a=candidate:1467250027 1 udp 2122260223 2f4e-11.local 46243 typ host generation 0 network-id 1\r\n"
      "a=candidate:842163049 1 udp 1677729535 203.0.113.9 46243 typ srflx raddr 0.0.0.0 rport 0 generation 0\r\n"
      "a=candidate:435653019 1 tcp 1518280447 192.168.0.2 9 typ host tcptype active generation 0\r\n"
      "a=ice-ufrag:hXoD\r\na=ice-pwd:nPbOWVd2yoOXaYjyG4bbgZS5\r\na=ice-options:trickle\r\na=mid:0\r\n{}"
      "a=sendrecv\r\na=msid:stream track\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
      "a=rtpmap:110 telephone-event/8000\r\na=ssrc:3735928559 cname:stream\r\n"
      "m=video 9 RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:hXoD\r\na=ice-pwd:nPbOWVd2yoOXaYjyG4bbgZS5\r\n"
      "a=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n",
      session_extra, audio_extra);
}

SessionDescription read(const std::string& text) {
  auto out = parse(text);
  EXPECT_TRUE(out) << out.error().text();
  return out ? std::move(*out) : SessionDescription{};
}

TEST(IceAttributes, OfABrowserAreRead) {
  const auto offer = read(browser_offer("a=end-of-candidates\r\n"));
  EXPECT_EQ(offer.bundle, (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(offer.trickle);
  EXPECT_FALSE(offer.ice_lite);
  const MediaDescription& audio = offer.media[0];
  EXPECT_EQ(audio.ice_ufrag, "hXoD");
  EXPECT_EQ(as_text(audio.ice_password.reveal()), "nPbOWVd2yoOXaYjyG4bbgZS5");
  EXPECT_EQ(audio.mid, "0");
  EXPECT_TRUE(audio.end_of_candidates);
  ASSERT_EQ(audio.candidates.size(), 3u);
  EXPECT_EQ(audio.candidates[0].address.ip, "2f4e-11.local");
  EXPECT_EQ(audio.candidates[1].type, "srflx");
  EXPECT_EQ(audio.candidates[1].related, (NetAddress{"0.0.0.0", 0}));
  EXPECT_EQ(audio.candidates[2].transport, "tcp");
  EXPECT_FALSE(offer.media[1].end_of_candidates);
  EXPECT_TRUE(same(read(print(offer)), offer));
}

TEST(IceAttributes, OfTheSessionServeEveryMedium) {
  const auto offer =
      read("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=ice-ufrag:sess\r\na=ice-pwd:" +
           std::string(password) +
           "\r\nm=audio 4000 RTP/SAVP 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4002 RTP/SAVP 0\r\na=ice-ufrag:mine\r\n");
  EXPECT_TRUE(offer.ice_lite);
  EXPECT_EQ(offer.media[0].ice_ufrag, "sess");
  EXPECT_EQ(offer.media[1].ice_ufrag, "mine");
  EXPECT_EQ(as_text(offer.media[1].ice_password.reveal()), password);
}

TEST(IceAttributes, ACandidateThatIsNoneIsKeptAndNotUsed) {
  for (const std::string_view broken :
       {"", "1", "1 1 udp 5 192.0.2.1 9", "1 1 udp 5 192.0.2.1 9 typ", "1 1 udp 5 192.0.2.1 9 typ moon",
        "1 0 udp 5 192.0.2.1 9 typ host", "1 300 udp 5 192.0.2.1 9 typ host", "1 1 udp 5 192.0.2.1 99999 typ host",
        "1 1 udp 99999999999 192.0.2.1 9 typ host", "? 1 udp 5 192.0.2.1 9 typ host",
        "1 1 udp -5 192.0.2.1 9 typ host"}) {
    EXPECT_FALSE(parse_candidate(broken)) << broken;
    const auto offer = read(browser_offer(fmt::format("a=candidate:{}\r\n", broken)));
    EXPECT_EQ(offer.media[0].candidates.size(), 3u) << broken;
  }
}

TEST(IceAttributes, CandidatesAreLimited) {
  std::string many;
  for (int i = 0; i < 200; ++i)
    many += fmt::format("a=candidate:{} 1 udp 5 192.0.2.1 {} typ host\r\n", i, 1000 + i);
  EXPECT_EQ(read(browser_offer(many)).media[0].candidates.size(), limits::sdp_candidates);
}

TEST(IceAttributes, CredentialsHaveTheirLength) {
  EXPECT_TRUE(is_ice_ufrag("abcd"));
  EXPECT_FALSE(is_ice_ufrag("abc"));
  EXPECT_FALSE(is_ice_ufrag("ab d"));
  EXPECT_FALSE(is_ice_ufrag(std::string(257, 'a')));
  EXPECT_TRUE(is_ice_password(password));
  EXPECT_FALSE(is_ice_password("tooshort"));
}

TEST(IceChoice, ABundledOfferIsAnsweredWithAudioAlone) {
  const auto answered = make_answer(read(browser_offer()), local());
  ASSERT_TRUE(answered) << answered.error().text();
  const SessionDescription& answer = answered->answer;
  EXPECT_EQ(answer.bundle, std::vector<std::string>{"0"});
  EXPECT_TRUE(answer.ice_lite);
  ASSERT_EQ(answer.media.size(), 2u);
  EXPECT_EQ(answer.media[0].protocol, "RTP/SAVPF");
  EXPECT_EQ(answer.media[0].mid, "0");
  EXPECT_EQ(answer.media[0].ice_ufrag, "ours");
  ASSERT_EQ(answer.media[0].candidates.size(), 1u);  // RTCP is multiplexed
  EXPECT_TRUE(answer.media[0].end_of_candidates);
  EXPECT_EQ(answer.media[1].port, 0);
  EXPECT_EQ(answer.media[1].mid, "1");
  EXPECT_TRUE(answer.media[1].ice_ufrag.empty());
  const std::string text = print(answer);
  EXPECT_NE(text.find("a=group:BUNDLE 0\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=candidate:1 1 udp 2130706431 192.0.2.1 20000 typ host\r\n"), std::string::npos) << text;

  const Agreed& agreed = answered->agreed;
  EXPECT_TRUE(agreed.ice);
  EXPECT_FALSE(agreed.remote_lite);
  EXPECT_EQ(agreed.remote_ufrag, "hXoD");
  EXPECT_EQ(agreed.remote_candidates.size(), 3u);
  EXPECT_EQ(agreed.direction, Direction::sendrecv);  // the address of zeros is no hold
}

/// What Chromium 156 offers for audio and video, byte for byte.
TEST(IceChoice, TheOfferOfChromiumIsAnswered) {
  std::ifstream file(RINGWALL_SOURCE_DIR "/test/conformance/sdp/chromium.sdp", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  Local ours = local();
  ours.key_exchanges = {KeyExchange::dtls};
  ours.fingerprints = {{"sha-256", std::vector<std::uint8_t>(32, 1)}};
  const auto answered = make_answer(read(text.str()), ours);
  ASSERT_TRUE(answered) << answered.error().text();
  const Agreed& agreed = answered->agreed;
  EXPECT_TRUE(agreed.ice && agreed.dtls && agreed.rtcp_mux);
  EXPECT_EQ(agreed.remote_ufrag.size(), 4u);
  EXPECT_EQ(agreed.remote_candidates.size(), 8u);
  EXPECT_EQ(agreed.codec, "PCMU");
  EXPECT_EQ(answered->answer.media[0].protocol, "UDP/TLS/RTP/SAVPF");
  EXPECT_EQ(answered->answer.media[1].port, 0);
  EXPECT_EQ(answered->answer.bundle, std::vector<std::string>{"0"});
}

TEST(IceChoice, APeerWithoutIceGetsNone) {
  std::string offer = browser_offer();
  while (offer.find("a=ice-ufrag") != std::string::npos)
    offer.replace(offer.find("a=ice-ufrag"), 11, "a=ice-other");
  const auto answered = make_answer(read(offer), local());
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->agreed.ice);
  EXPECT_TRUE(answered->answer.media[0].ice_ufrag.empty());
  EXPECT_EQ(answered->agreed.direction, Direction::recvonly);  // without ICE it is one
}

TEST(IceChoice, WithoutIceOfOursTheirsIsNotAnswered) {
  Local plain = local();
  plain.ice.reset();
  const auto answered = make_answer(read(browser_offer()), plain);
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->agreed.ice);
  EXPECT_TRUE(answered->answer.media[0].ice_ufrag.empty());
  EXPECT_TRUE(answered->answer.media[0].candidates.empty());
}

TEST(IceChoice, AChangedDefaultDestinationIsAMismatch) {
  std::string offer = browser_offer();
  offer.replace(offer.find("m=audio 9"), 9, "m=audio 4000");
  offer.replace(offer.find("IP4 0.0.0.0"), 11, "IP4 198.51.100.7");
  const auto answered = make_answer(read(offer), local());
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->agreed.ice);
  EXPECT_NE(print(answered->answer).find("a=ice-mismatch\r\n"), std::string::npos);
  EXPECT_EQ(answered->agreed.remote.text(), "198.51.100.7:4000");
}

TEST(IceChoice, OfferAndAnswerBetweenTwoOfUs) {
  const SessionDescription offer = make_offer(local(false));
  EXPECT_EQ(offer.media[0].candidates.size(), 2u);
  const auto answered = make_answer(read(print(offer)), local(true));
  ASSERT_TRUE(answered);
  const auto agreed = apply_answer(offer, read(print(answered->answer)));
  ASSERT_TRUE(agreed) << agreed.error().text();
  EXPECT_TRUE(agreed->ice);
  EXPECT_TRUE(agreed->remote_lite);
  EXPECT_EQ(agreed->remote_ufrag, "ours");
  ASSERT_EQ(agreed->remote_candidates.size(), 1u);
  EXPECT_EQ(agreed->remote_candidates[0].address.text(), "192.0.2.1:20000");
}

TEST(IceChoice, TwoThatOnlyAnswerKeepToTheSignalledAddress) {
  const SessionDescription offer = make_offer(local(true));
  const auto answered = make_answer(offer, local(true));
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->agreed.ice);
  const auto agreed = apply_answer(offer, answered->answer);
  ASSERT_TRUE(agreed);
  EXPECT_FALSE(agreed->ice);
  EXPECT_EQ(agreed->remote.text(), "192.0.2.1:20000");
}

}  // namespace
}  // namespace ringwall::sdp
