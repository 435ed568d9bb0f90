#include "media/srtp/srtp_session.h"

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <random>

namespace ringwall::media {
namespace {

constexpr std::array suites{Suite::aead_aes_256_gcm, Suite::aead_aes_128_gcm, Suite::aes_cm_128_hmac_sha1_80,
                            Suite::aes_cm_128_hmac_sha1_32};

Buffer hex(std::string_view text) {
  Buffer out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

Buffer some_key(Suite suite, int salt = 1) {
  Buffer key(lengths(suite).key_and_salt());
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(37 * i + static_cast<std::size_t>(salt));
  return key;
}

Buffer rtp(std::uint32_t ssrc, std::uint16_t sequence, std::size_t payload = 160) {
  Buffer packet(rtp_fixed_header + payload);
  write_rtp_header(packet, {.payload_type = 0, .sequence = sequence, .timestamp = sequence * 160u, .ssrc = ssrc});
  for (std::size_t i = 0; i < payload; ++i)
    packet[rtp_fixed_header + i] = static_cast<std::uint8_t>(i * 7 + sequence);
  return packet;
}

Buffer rtcp(std::uint32_t ssrc) {
  ByteWriter out;
  out.u8(0x80);
  out.u8(201);
  out.u16(1);
  out.u32(ssrc);
  out.u32(0x81ca0002);  // SDES of two words
  out.u32(ssrc);
  out.u32(0x01016100);
  return out.take();
}

Buffer protect(SrtpSender& sender, Buffer packet) {
  const auto header = parse_rtp_header(packet);
  const std::size_t size = packet.size();
  packet.resize(size + srtp_expansion);
  const SrtpResult result = sender.protect_rtp(packet, size, *header);
  packet.resize(result.status == SrtpStatus::ok ? result.size : 0);
  return packet;
}
Buffer protect_rtcp(SrtpSender& sender, Buffer packet) {
  const std::size_t size = packet.size();
  packet.resize(size + srtp_expansion);
  packet.resize(sender.protect_rtcp(packet, size).size);
  return packet;
}
SrtpStatus unprotect(SrtpReceiver& receiver, Buffer& packet) {
  const SrtpResult result = receiver.unprotect_rtp(packet, *parse_rtp_header(packet));
  if (result.status == SrtpStatus::ok) packet.resize(result.size);
  return result.status;
}
SrtpStatus unprotect_rtcp(SrtpReceiver& receiver, Buffer& packet) {
  const SrtpResult result = receiver.unprotect_rtcp(packet);
  if (result.status == SrtpStatus::ok) packet.resize(result.size);
  return result.status;
}

/// libsrtp2 as the other end: one session for any SSRC, in or out.
class Oracle {
 public:
  Oracle(Suite suite, Buffer key, bool inbound) : key_(std::move(key)) {
    static const bool started = srtp_init() == srtp_err_status_ok;
    EXPECT_TRUE(started);
    srtp_policy_t policy{};
    switch (suite) {
      case Suite::aead_aes_256_gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
      case Suite::aead_aes_128_gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
      case Suite::aes_cm_128_hmac_sha1_80:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        break;
      case Suite::aes_cm_128_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        break;
      case Suite::aes_256_cm_hmac_sha1_80:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
        break;
      case Suite::aes_256_cm_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
        break;
    }
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = key_.data();
    policy.window_size = 128;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Oracle() { srtp_dealloc(session_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  Buffer protect(Buffer packet) { return grow(std::move(packet), srtp_protect); }
  Buffer protect_rtcp(Buffer packet) { return grow(std::move(packet), srtp_protect_rtcp); }
  bool unprotect(Buffer& packet) { return shrink(packet, srtp_unprotect); }
  bool unprotect_rtcp(Buffer& packet) { return shrink(packet, srtp_unprotect_rtcp); }

 private:
  using Function = srtp_err_status_t (*)(srtp_t, void*, int*);
  Buffer grow(Buffer packet, Function function) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    EXPECT_EQ(function(session_, packet.data(), &size), srtp_err_status_ok);
    packet.resize(static_cast<std::size_t>(size));
    return packet;
  }
  bool shrink(Buffer& packet, Function function) {
    int size = static_cast<int>(packet.size());
    if (function(session_, packet.data(), &size) != srtp_err_status_ok) return false;
    packet.resize(static_cast<std::size_t>(size));
    return true;
  }

  Buffer key_;
  srtp_t session_ = nullptr;
};

class AllSuites : public ::testing::TestWithParam<Suite> {};
INSTANTIATE_TEST_SUITE_P(Srtp, AllSuites, ::testing::ValuesIn(suites),
                         [](const auto& info) { return std::string(print(info.param)); });

/// Sequence numbers as a bad network brings them: 3 % lost, some late, some twice, over more than one ROC.
std::vector<std::uint32_t> bad_network(std::uint32_t first, std::uint32_t count, std::mt19937& random) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (random() % 100 < 3) continue;
    order.push_back(first + i);
    if (random() % 100 < 2) order.push_back(first + i);
  }
  for (std::size_t i = 0; i + 12 < order.size(); ++i)
    if (random() % 20 == 0) std::swap(order[i], order[i + 1 + random() % 10]);
  return order;
}

TEST_P(AllSuites, LibsrtpReadsWhatWeSend) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  Oracle oracle(GetParam(), key, true);
  for (std::uint32_t i = 30'000; i < 30'000 + 80'000; ++i) {  // over two wraps of the sequence number
    const Buffer plain = rtp(0xCAFE, static_cast<std::uint16_t>(i), i % 300);
    Buffer packet = protect(sender, plain);
    ASSERT_TRUE(oracle.unprotect(packet)) << i;
    ASSERT_EQ(packet, plain);
    if (i % 1000 != 0) continue;
    Buffer report = protect_rtcp(sender, rtcp(0xCAFE));
    ASSERT_TRUE(oracle.unprotect_rtcp(report));
    ASSERT_EQ(report, rtcp(0xCAFE));
  }
}

TEST_P(AllSuites, WeReadWhatLibsrtpSendsOverABadNetwork) {
  std::mt19937 random(7);
  const Buffer key = some_key(GetParam());
  Oracle oracle(GetParam(), key, false);
  SrtpReceiver receiver(GetParam(), key);
  constexpr std::uint32_t first = 20'000, count = 70'000;
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < count; ++i)
    sent.push_back(oracle.protect(rtp(0xBEEF, static_cast<std::uint16_t>(first + i), 20)));
  std::vector<bool> seen(count);
  std::size_t accepted = 0;
  for (const std::uint32_t i : bad_network(0, count, random)) {
    Buffer packet = sent[i];
    const SrtpStatus status = unprotect(receiver, packet);
    ASSERT_EQ(status, seen[i] ? SrtpStatus::replayed : SrtpStatus::ok) << i;
    if (status == SrtpStatus::ok) {
      ASSERT_EQ(packet, rtp(0xBEEF, static_cast<std::uint16_t>(first + i), 20));
      ++accepted;
    }
    seen[i] = true;
  }
  EXPECT_GT(accepted, count * 95 / 100);
  for (int i = 0; i < 300; ++i) {
    Buffer report = oracle.protect_rtcp(rtcp(0xBEEF)), again = report;
    ASSERT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::ok);
    ASSERT_EQ(report, rtcp(0xBEEF));
    ASSERT_EQ(unprotect_rtcp(receiver, again), SrtpStatus::replayed);
  }
}

TEST_P(AllSuites, BothSidesAgreeAboutEveryPacketOfABadNetwork) {
  std::mt19937 random(11);
  const Buffer key = some_key(GetParam(), 9);
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  Oracle oracle(GetParam(), key, true);
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < 4'000; ++i)
    sent.push_back(protect(sender, rtp(1, static_cast<std::uint16_t>(64'000 + i), 20)));
  for (const std::uint32_t i : bad_network(0, 4'000, random)) {
    Buffer ours = sent[i], theirs = sent[i];
    if (random() % 50 == 0) ours[random() % ours.size()] ^= 1, theirs = ours;
    if ((theirs[0] >> 6) != 2 || !parse_rtp_header(ours)) continue;
    ASSERT_EQ(unprotect(receiver, ours) == SrtpStatus::ok, oracle.unprotect(theirs)) << i;
  }
}

TEST_P(AllSuites, EveryFlippedBitIsNoticed) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  const Buffer packet = protect(sender, rtp(5, 100, 40)), report = protect_rtcp(sender, rtcp(5));
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Buffer forged = packet;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto header = parse_rtp_header(forged);
    if (header) EXPECT_NE(receiver.unprotect_rtp(forged, *header).status, SrtpStatus::ok) << bit;
  }
  for (std::size_t bit = 0; bit < report.size() * 8; ++bit) {
    Buffer forged = report;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_NE(receiver.unprotect_rtcp(forged).status, SrtpStatus::ok) << bit;
  }
  Buffer good = packet, good_report = report;
  EXPECT_EQ(unprotect(receiver, good), SrtpStatus::ok);
  EXPECT_EQ(unprotect_rtcp(receiver, good_report), SrtpStatus::ok);
}

TEST_P(AllSuites, AnIndexIsNeverUsedTwice) {
  SrtpSender sender(GetParam(), some_key(GetParam()));
  EXPECT_FALSE(protect(sender, rtp(1, 10)).empty());
  EXPECT_TRUE(protect(sender, rtp(1, 10)).empty());
  EXPECT_FALSE(protect(sender, rtp(1, 500)).empty());
  EXPECT_TRUE(protect(sender, rtp(1, 300)).empty());  // older than the window: it may have been used
  EXPECT_FALSE(protect(sender, rtp(1, 499)).empty());
  EXPECT_FALSE(protect(sender, rtp(2, 10)).empty());  // another source, another key stream
}

TEST_P(AllSuites, ForgedSourcesTakeNoPlace) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  for (std::uint32_t ssrc = 100; ssrc < 200; ++ssrc) {
    Buffer forged = rtp(ssrc, 1);
    EXPECT_EQ(unprotect(receiver, forged), SrtpStatus::authentication_failed);
  }
  for (std::uint32_t ssrc = 1; ssrc <= limits::srtp_ssrcs_per_leg; ++ssrc) {
    Buffer packet = protect(sender, rtp(ssrc, 1));
    EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::ok);
  }
  SrtpSender fifth(GetParam(), key);
  Buffer packet = protect(fifth, rtp(77, 1));
  EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::too_many_sources);
}

TEST_P(AllSuites, UnencryptedSrtcpIsRefused) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  Buffer report = protect_rtcp(sender, rtcp(5));
  const std::size_t word = report.size() - (lengths(GetParam()).aead ? 4 : 14);
  EXPECT_EQ(report[word] & 0x80, 0x80);
  report[word] &= 0x7f;
  EXPECT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::malformed);
}

TEST_P(AllSuites, ShortPacketsAreMalformed) {
  SrtpReceiver receiver(GetParam(), some_key(GetParam()));
  for (std::size_t size = 0; size < 8 + 4 + lengths(GetParam()).rtcp_tag; ++size) {
    Buffer packet(size, 0x80);
    EXPECT_EQ(receiver.unprotect_rtcp(packet).status, SrtpStatus::malformed);
  }
  Buffer header = rtp(1, 1, lengths(GetParam()).rtp_tag - 1);
  EXPECT_EQ(unprotect(receiver, header), SrtpStatus::malformed);
}

TEST_P(AllSuites, AKnownRolloverCounterCanBeGiven) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  Buffer packet;
  for (std::uint32_t i = 0; i < 70'000; i += 100)
    packet = protect(sender, rtp(3, static_cast<std::uint16_t>(i)));
  EXPECT_EQ(sender.rollover_counter(3), 1u);
  SrtpReceiver late(GetParam(), key), told(GetParam(), key);
  Buffer copy = packet;
  EXPECT_EQ(unprotect(late, copy), SrtpStatus::authentication_failed);
  EXPECT_EQ(told.unprotect_rtp(packet, *parse_rtp_header(packet), 1).status, SrtpStatus::ok);
}

// RFC 7714 section 16.1.1: its key and salt are session values, so this goes to the cipher directly.
TEST(Rfc7714, Section16) {
  const Buffer header = hex("8040f17b8041f8d35501a0b2");
  const Buffer key = hex("000102030405060708090a0b0c0d0e0f"), iv = hex("51753c6580c2726f20718414");
  Buffer data = to_buffer(as_bytes("Gallia est omnis divisa in partes tres"));
  std::array<std::uint8_t, 16> tag;
  crypto::AesGcm cipher(key, crypto::AesGcm::Direction::seal);
  cipher.seal(iv, header, {}, data, tag.data());
  EXPECT_EQ(data, hex("f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"));
  EXPECT_EQ(Buffer(tag.begin(), tag.end()), hex("899d7f27beb16a9152cf765ee4390cce"));
}

TEST(EstimateIndex, FollowsRfc3711AppendixA) {
  EXPECT_EQ(estimate_index(0x0000'0005, 6), 6u);
  EXPECT_EQ(estimate_index(0x0000'fffe, 2), 0x1'0002u);
  EXPECT_EQ(estimate_index(0x0001'0002, 0xfffe), 0xfffeu);
  EXPECT_EQ(estimate_index(0x0000'0002, 0xfffe), std::nullopt);
  EXPECT_EQ(estimate_index(0x0003'8000, 0x8001), 0x3'8001u);
  EXPECT_EQ(estimate_index(0x0003'9000, 0x0fff), 0x4'0fffu);
}

TEST(ReplayWindow, RemembersTheNewest128) {
  ReplayWindow window;
  EXPECT_TRUE(window.is_new(0));
  window.mark(1000);
  EXPECT_FALSE(window.is_new(1000));
  EXPECT_TRUE(window.is_new(1000 - 127));
  EXPECT_FALSE(window.is_new(1000 - 128));
  window.mark(1000 - 127);
  EXPECT_FALSE(window.is_new(1000 - 127));
  window.mark(1001);
  EXPECT_FALSE(window.is_new(1000));
  window.mark(5000);
  EXPECT_FALSE(window.is_new(1001));
  EXPECT_TRUE(window.is_new(4999));
}

TEST(Suites, NamesGoBothWays) {
  for (const Suite suite : suites)
    EXPECT_EQ(parse_suite(print(suite)), suite);
  EXPECT_EQ(parse_suite("NULL_HMAC_SHA1_80"), std::nullopt);
}

}  // namespace
}  // namespace ringwall::media
