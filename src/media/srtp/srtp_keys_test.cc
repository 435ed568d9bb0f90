// Several master keys and their identifiers, lifetimes, and what becomes of sources (RFC 3711 sections 3.1, 3.2, 9.2).
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "media/srtp/srtp_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;

std::vector<MasterKey> three_keys(Suite suite, std::size_t mki_bytes) {
  std::vector<MasterKey> out;
  for (const int number : {1, 2, 3}) {
    Buffer mki(mki_bytes, 0x11);
    mki.back() = static_cast<std::uint8_t>(number);
    out.push_back({Secret(some_key(suite, number)), mki});
  }
  return out;
}

SrtpKeys keys_to_send(Suite suite, const MasterKey& key, std::uint64_t lifetime = 0) {
  return {.suite = suite, .local = key.key_and_salt, .local_mki = key.mki, .lifetime = lifetime};
}
SrtpKeys keys_to_receive(Suite suite, const std::vector<MasterKey>& keys, std::uint64_t lifetime = 0) {
  return {.suite = suite,
          .remote = keys.front().key_and_salt,
          .remote_mki = keys.front().mki,
          .lifetime = lifetime,
          .more_remote = {keys.begin() + 1, keys.end()}};
}

/// libsrtp2 2.5 looks for the identifier of SRTCP in front of a tag of SRTP's length, and so not where it stands when
/// the two differ.
bool oracle_finds_mki_of_rtcp(Suite suite) {
  return lengths(suite).rtp_tag == lengths(suite).rtcp_tag;
}

class Keys : public ::testing::TestWithParam<Suite> {};
INSTANTIATE_TEST_SUITE_P(Srtp, Keys, ::testing::ValuesIn(all_suites),
                         [](const auto& info) { return std::string(print(info.param)); });

TEST_P(Keys, LibsrtpReadsOurIdentifiers) {
  for (const std::size_t mki_bytes : {1, 4, 32, 128}) {
    const auto keys = three_keys(GetParam(), mki_bytes);
    Oracle oracle(GetParam(), keys, true);
    SrtpSender sender(keys_to_send(GetParam(), keys[1]));
    for (std::uint16_t i = 0; i < 200; ++i) {
      const Buffer plain = rtp(9, i, i);
      Buffer packet = protect(sender, plain), report = protect_rtcp(sender, rtcp(9));
      ASSERT_EQ(packet.size(), plain.size() + lengths(GetParam()).rtp_tag + mki_bytes);
      ASSERT_TRUE(oracle.unprotect(packet));
      ASSERT_EQ(packet, plain);
      if (!oracle_finds_mki_of_rtcp(GetParam())) continue;
      ASSERT_TRUE(oracle.unprotect_rtcp(report));
      ASSERT_EQ(report, rtcp(9));
    }
  }
}

TEST_P(Keys, WeReadTheIdentifiersOfLibsrtp) {
  for (const std::size_t mki_bytes : {1, 4, 32, 128}) {
    const auto keys = three_keys(GetParam(), mki_bytes);
    Oracle oracle(GetParam(), keys, false);
    SrtpReceiver receiver(keys_to_receive(GetParam(), keys));
    for (std::uint16_t i = 0; i < 200; ++i) {
      Buffer packet = oracle.protect(rtp(9, i, i), i % 3), report = oracle.protect_rtcp(rtcp(9), i / 2 % 3);
      ASSERT_EQ(unprotect(receiver, packet), SrtpStatus::ok);
      ASSERT_EQ(packet, rtp(9, i, i));
      ASSERT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::ok);
      ASSERT_EQ(report, rtcp(9));
    }
  }
}

TEST_P(Keys, AWrongIdentifierIsRefused) {
  const auto keys = three_keys(GetParam(), 4);
  SrtpReceiver receiver(keys_to_receive(GetParam(), {keys[0], keys[1]}));
  SrtpSender third(keys_to_send(GetParam(), keys[2]));
  Buffer packet = protect(third, rtp(1, 1)), report = protect_rtcp(third, rtcp(1));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::unknown_key);
  EXPECT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::unknown_key);
  SrtpSender misnamed(keys_to_send(GetParam(), {keys[2].key_and_salt, keys[1].mki}));
  packet = protect(misnamed, rtp(1, 1)), report = protect_rtcp(misnamed, rtcp(1));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::authentication_failed);
  EXPECT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::authentication_failed);
  SrtpSender nameless(GetParam(), keys[0].key_and_salt.reveal());
  packet = protect(nameless, rtp(1, 1));
  EXPECT_NE(unprotect(receiver, packet), SrtpStatus::ok);
  SrtpSender right(keys_to_send(GetParam(), keys[1]));
  packet = protect(right, rtp(1, 1));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::ok);
}

TEST_P(Keys, ShortPacketsAreMalformed) {
  const auto keys = three_keys(GetParam(), 16);
  SrtpReceiver receiver(keys_to_receive(GetParam(), keys));
  for (std::size_t size = 0; size < 8 + 4 + 16 + lengths(GetParam()).rtcp_tag; ++size) {
    Buffer packet(size, 0x80);
    EXPECT_EQ(unprotect_rtcp(receiver, packet), SrtpStatus::malformed) << size;
  }
  for (std::size_t payload = 0; payload < 16 + lengths(GetParam()).rtp_tag; ++payload) {
    Buffer packet = rtp(1, 1, payload);
    EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::malformed) << payload;
  }
}

/// The peer changes its key and its source at random, the network loses, delays, repeats and changes packets: libsrtp2
/// and we say the same of each one.
TEST_P(Keys, BothReceiversAgreeOverARandomSchedule) {
  for (const std::uint32_t seed : {1u, 2u, 3u, 4u}) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    const auto keys = three_keys(GetParam(), 1 + seed);
    Oracle sender(GetParam(), keys, false), oracle(GetParam(), keys, true);
    SrtpReceiver receiver(keys_to_receive(GetParam(), keys));
    std::array<std::uint32_t, 3> next{30'000, 65'300, 32'000};  // each comes over a wrap
    std::deque<std::pair<bool, Buffer>> late;
    unsigned key = 0, accepted = 0, refused = 0;
    const auto arrive = [&](bool control, Buffer ours) {
      if (chance(2)) ours[8 + random() % (ours.size() - 8)] ^= static_cast<std::uint8_t>(1 << random() % 8);
      Buffer theirs = ours;
      const bool good = (control ? unprotect_rtcp(receiver, ours) : unprotect(receiver, ours)) == SrtpStatus::ok;
      ASSERT_EQ(good, control ? oracle.unprotect_rtcp(theirs) : oracle.unprotect(theirs)) << seed;
      if (good) ASSERT_EQ(ours, theirs);
      ++(good ? accepted : refused);
    };
    for (int step = 0; step < 12'000; ++step) {
      if (chance(1)) key = random() % 3;
      const unsigned source = random() % 3;
      const bool control = chance(3) && oracle_finds_mki_of_rtcp(GetParam());
      if (chance(1)) next[source] += random() % 2'000;
      Buffer packet = control ? sender.protect_rtcp(rtcp(source + 1), key)
                              : sender.protect(rtp(source + 1, static_cast<std::uint16_t>(next[source]), 33), key);
      next[source] += control ? 0 : 1 + random() % 9;
      if (chance(4)) continue;
      if (chance(6)) late.emplace_back(control, packet);
      if (!late.empty() && (late.size() > 20 || chance(10))) {
        ASSERT_NO_FATAL_FAILURE(arrive(late.front().first, late.front().second));
        late.pop_front();
      }
      ASSERT_NO_FATAL_FAILURE(arrive(control, packet));
    }
    EXPECT_GT(accepted, 10'000u);
    EXPECT_GT(refused, 300u);
    EXPECT_GT(next[0], 0x10000u);
  }
}

TEST_P(Keys, ASenderEndsWithItsKey) {
  const auto keys = three_keys(GetParam(), 2);
  SrtpSender sender(keys_to_send(GetParam(), keys[0], 40));
  for (std::uint16_t i = 0; i < 35; ++i)
    EXPECT_FALSE(protect(sender, rtp(1, i)).empty());
  EXPECT_EQ(sender.urgency(), 1u);
  for (std::uint16_t i = 35; i < 40; ++i)
    EXPECT_FALSE(protect(sender, rtp(1, i)).empty());
  EXPECT_TRUE(protect(sender, rtp(1, 40)).empty());
  EXPECT_TRUE(protect(sender, rtp(2, 1)).empty()) << "the lifetime is the key's, not the source's";
  EXPECT_FALSE(protect_rtcp(sender, rtcp(1)).empty()) << "SRTCP is counted apart";
}

TEST_P(Keys, AReceiverEndsWithTheKey) {
  const auto keys = three_keys(GetParam(), 2);
  SrtpSender sender(keys_to_send(GetParam(), keys[0]));
  SrtpReceiver receiver(keys_to_receive(GetParam(), keys, 16));
  for (std::uint16_t i = 0; i < 16; ++i) {
    EXPECT_EQ(receiver.urgency(), i < 14 ? 0u : i - 13u) << i;
    Buffer packet = protect(sender, rtp(1, i));
    EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::ok);
  }
  Buffer packet = protect(sender, rtp(1, 16));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::key_exhausted);
  SrtpSender next(keys_to_send(GetParam(), keys[1]));
  (void)protect(next, rtp(1, 1));
  packet = protect(next, rtp(1, 17));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::ok) << "the index goes on under the next key";
  packet = protect(next, rtp(1, 15));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::replayed);
}

TEST(KeyUsage, StartsWithWhatTheRfcAllows) {
  KeyUsage most, few(64);
  EXPECT_TRUE(most.rtp_left() && most.rtcp_left());
  EXPECT_EQ(most.urgency(), 0u);
  for (int i = 0; i < 56; ++i) {
    EXPECT_EQ(few.urgency(), 0u);
    few.count_rtcp();
  }
  for (const unsigned urgency : {1u, 1u, 1u, 1u, 2u, 2u, 3u, 4u}) {
    EXPECT_TRUE(few.rtcp_left());
    EXPECT_EQ(few.urgency(), urgency);
    few.count_rtcp();
  }
  EXPECT_FALSE(few.rtcp_left());
  EXPECT_TRUE(few.rtp_left());
}

TEST_P(Keys, ANewSourceTakesThePlaceOfTheSilentOne) {
  const Buffer key = some_key(GetParam());
  SrtpReceiver receiver(GetParam(), key);
  std::map<std::uint32_t, SrtpSender> senders;
  std::map<std::uint32_t, std::vector<Buffer>> sent;
  const auto send = [&](std::uint32_t ssrc, std::uint16_t sequence) {
    Buffer packet = protect(senders.try_emplace(ssrc, GetParam(), key).first->second, rtp(ssrc, sequence));
    sent[ssrc].push_back(packet);
    return unprotect(receiver, packet);
  };
  for (const std::uint32_t ssrc : {1, 2, 3, 4})
    for (std::uint16_t i = 0; i < 5; ++i)
      ASSERT_EQ(send(ssrc, i), SrtpStatus::ok);
  ASSERT_EQ(send(1, 5), SrtpStatus::ok);  // 2 is silent for longest now
  Buffer forged = rtp(5, 1);
  EXPECT_EQ(unprotect(receiver, forged), SrtpStatus::authentication_failed);
  EXPECT_TRUE(receiver.highest(2)) << "a forged packet takes nobody's place";
  ASSERT_EQ(send(5, 0), SrtpStatus::ok);
  EXPECT_FALSE(receiver.highest(2));
  EXPECT_TRUE(receiver.highest(1));
  // What 2 sent is as spent as ever, and when it comes back, it goes on.
  for (Buffer packet : sent[2])
    EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::replayed);
  ASSERT_EQ(send(2, 7), SrtpStatus::ok);
  ASSERT_EQ(send(2, 6), SrtpStatus::ok);
  EXPECT_EQ(send(3, 9), SrtpStatus::ok);
}

TEST_P(Keys, SourcesEndWhenNoMoreCanBeRemembered) {
  const Buffer key = some_key(GetParam());
  SrtpReceiver receiver(GetParam(), key);
  constexpr std::uint32_t most = limits::srtp_ssrcs_per_leg + limits::srtp_retired_ssrcs;
  std::vector<Buffer> sent;
  for (std::uint32_t ssrc = 1; ssrc <= most; ++ssrc) {
    SrtpSender sender(GetParam(), key);
    sent.push_back(protect(sender, rtp(ssrc, 3)));
    Buffer packet = sent.back();
    ASSERT_EQ(unprotect(receiver, packet), SrtpStatus::ok) << ssrc;
  }
  SrtpSender sender(GetParam(), key);
  Buffer packet = protect(sender, rtp(most + 1, 3)), report = protect_rtcp(sender, rtcp(most + 1));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::too_many_sources);
  EXPECT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::too_many_sources);
  for (Buffer old : sent)
    EXPECT_EQ(unprotect(receiver, old), SrtpStatus::replayed);
}

}  // namespace
}  // namespace ringwall::media
