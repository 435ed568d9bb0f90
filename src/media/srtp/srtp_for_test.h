#pragma once

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "media/srtp/srtp_session.h"

/// Packets, keys and libsrtp2 as the other end, for the tests of SRTP.
namespace ringwall::media::test {

inline constexpr std::array all_suites{Suite::aead_aes_256_gcm,        Suite::aead_aes_128_gcm,
                                       Suite::aes_cm_128_hmac_sha1_80, Suite::aes_cm_128_hmac_sha1_32,
                                       Suite::aes_256_cm_hmac_sha1_80, Suite::aes_256_cm_hmac_sha1_32};

inline Buffer hex(std::string_view text) {
  Buffer out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

inline Buffer some_key(Suite suite, int salt = 1) {
  Buffer key(lengths(suite).key_and_salt());
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(37 * i + static_cast<std::size_t>(salt));
  return key;
}

inline Buffer rtp(std::uint32_t ssrc, std::uint16_t sequence, std::size_t payload = 160) {
  Buffer packet(rtp_fixed_header + payload);
  write_rtp_header(packet, {.payload_type = 0, .sequence = sequence, .timestamp = sequence * 160u, .ssrc = ssrc});
  for (std::size_t i = 0; i < payload; ++i)
    packet[rtp_fixed_header + i] = static_cast<std::uint8_t>(i * 7 + sequence);
  return packet;
}

inline Buffer rtcp(std::uint32_t ssrc) {
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

inline Buffer protect(SrtpSender& sender, Buffer packet) {
  const auto header = parse_rtp_header(packet);
  const std::size_t size = packet.size();
  packet.resize(size + srtp_expansion);
  const SrtpResult result = sender.protect_rtp(packet, size, *header);
  packet.resize(result.status == SrtpStatus::ok ? result.size : 0);
  return packet;
}
inline Buffer protect_rtcp(SrtpSender& sender, Buffer packet) {
  const std::size_t size = packet.size();
  packet.resize(size + srtp_expansion);
  packet.resize(sender.protect_rtcp(packet, size).size);
  return packet;
}
inline SrtpStatus unprotect(SrtpReceiver& receiver, Buffer& packet) {
  const SrtpResult result = receiver.unprotect_rtp(packet, *parse_rtp_header(packet));
  if (result.status == SrtpStatus::ok) packet.resize(result.size);
  return result.status;
}
inline SrtpStatus unprotect_rtcp(SrtpReceiver& receiver, Buffer& packet) {
  const SrtpResult result = receiver.unprotect_rtcp(packet);
  if (result.status == SrtpStatus::ok) packet.resize(result.size);
  return result.status;
}

/// libsrtp2 as the other end: one session for any SSRC, in or out, with one master key or with several and their MKIs.
class Oracle {
 public:
  Oracle(Suite suite, Buffer key, bool inbound) : Oracle(suite, {MasterKey{Secret(std::move(key)), {}}}, inbound) {}
  Oracle(Suite suite, std::vector<MasterKey> keys, bool inbound) : keys_(std::move(keys)) {
    static const bool started = srtp_init() == srtp_err_status_ok;
    EXPECT_TRUE(started);
    with_mki_ = !keys_.front().mki.empty();
    srtp_policy_t policy{};
    choose(suite, policy);
    for (MasterKey& key : keys_)
      master_.push_back({.key = key.key_and_salt.reveal_mutable().data(),
                         .mki_id = key.mki.data(),
                         .mki_size = static_cast<unsigned>(key.mki.size())});
    for (srtp_master_key_t& key : master_)
      pointers_.push_back(&key);
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.window_size = 128;
    if (with_mki_) {
      policy.keys = pointers_.data();
      policy.num_master_keys = pointers_.size();
    } else {
      policy.key = master_.front().key;
    }
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Oracle() { srtp_dealloc(session_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  /// Under the key of that number.
  Buffer protect(Buffer packet, unsigned key = 0) { return grow(std::move(packet), srtp_protect_mki, key); }
  Buffer protect_rtcp(Buffer packet, unsigned key = 0) { return grow(std::move(packet), srtp_protect_rtcp_mki, key); }
  bool unprotect(Buffer& packet) { return shrink(packet, srtp_unprotect_mki); }
  bool unprotect_rtcp(Buffer& packet) { return shrink(packet, srtp_unprotect_rtcp_mki); }

 private:
  static void choose(Suite suite, srtp_policy_t& policy) {
    switch (suite) {
      case Suite::aead_aes_256_gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        return srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
      case Suite::aead_aes_128_gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        return srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
      case Suite::aes_cm_128_hmac_sha1_80:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        return srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
      case Suite::aes_cm_128_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
        return srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
      case Suite::aes_256_cm_hmac_sha1_80:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
        return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
      case Suite::aes_256_cm_hmac_sha1_32:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
        return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
    }
  }
  using Protect = srtp_err_status_t (*)(srtp_t, void*, int*, unsigned, unsigned);
  using Unprotect = srtp_err_status_t (*)(srtp_t, void*, int*, unsigned);
  Buffer grow(Buffer packet, Protect function, unsigned key) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    EXPECT_EQ(function(session_, packet.data(), &size, with_mki_, key), srtp_err_status_ok);
    packet.resize(static_cast<std::size_t>(size));
    return packet;
  }
  bool shrink(Buffer& packet, Unprotect function) {
    int size = static_cast<int>(packet.size());
    if (function(session_, packet.data(), &size, with_mki_) != srtp_err_status_ok) return false;
    packet.resize(static_cast<std::size_t>(size));
    return true;
  }

  std::vector<MasterKey> keys_;
  bool with_mki_ = false;
  std::vector<srtp_master_key_t> master_;
  std::vector<srtp_master_key_t*> pointers_;
  srtp_t session_ = nullptr;
};

/// Sequence numbers as a bad network brings them: 3 % lost, some late, some twice, over more than one ROC.
inline std::vector<std::uint32_t> bad_network(std::uint32_t first, std::uint32_t count, std::mt19937& random) {
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

}  // namespace ringwall::media::test
