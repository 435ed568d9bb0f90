#include "call/held_answer.h"

#include <gmock/gmock.h>

namespace ringwall::call {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string offer(const std::string& profile, const std::string& more) {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 " + profile +
         " 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" + more;
}

TEST(HeldAnswerTest, IsInactiveAndEncrypted) {
  const std::string key = "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
  const auto first = held_answer(offer("RTP/SAVP", key), "127.0.0.9");
  ASSERT_TRUE(first);
  EXPECT_THAT(*first, HasSubstr("a=inactive"));
  EXPECT_THAT(*first, HasSubstr("RTP/SAVP"));
  EXPECT_THAT(*first, HasSubstr("a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:"));
  EXPECT_THAT(*first, Not(HasSubstr("AAAAAAAA")));
  EXPECT_NE(*first, *held_answer(offer("RTP/SAVP", key), "127.0.0.9")) << "a fresh key each time";
}

TEST(HeldAnswerTest, ADtlsCallerWaitsForSomebodyElsesHandshake) {
  std::string print = "a=fingerprint:sha-256 AB";
  for (int i = 1; i < 32; ++i)
    print += ":AB";
  const auto held =
      held_answer(offer("UDP/TLS/RTP/SAVP", print + "\r\na=setup:actpass\r\na=rtcp-mux\r\n"), "127.0.0.9");
  ASSERT_TRUE(held) << held.error().text();
  EXPECT_THAT(*held, HasSubstr("a=inactive"));
  EXPECT_THAT(*held, HasSubstr("a=setup:passive"));
  EXPECT_THAT(*held, HasSubstr("a=fingerprint:sha-256 "));
  EXPECT_THAT(*held, Not(HasSubstr("AB:AB")));
}

TEST(HeldAnswerTest, NothingIsHeldInTheClear) {
  EXPECT_FALSE(held_answer(offer("RTP/AVP", ""), "127.0.0.9"));
  EXPECT_FALSE(held_answer("", "127.0.0.9"));
}

}  // namespace
}  // namespace ringwall::call
