// CPU per SRTP packet of 160 bytes of payload, by suite: median, smallest and largest of 7 rounds, as JSON lines; and
// what Debian's libsrtp2 takes for the same packets.
#include <fmt/format.h>
#include <srtp2/srtp.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <vector>

#include "media/srtp/srtp_session.h"

namespace {

using namespace ringwall;
using namespace ringwall::media;

double cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Round {
  double protect = 0, unprotect = 0;
};

Round measure(Suite suite, SrtpSender& sender, SrtpReceiver& receiver, std::uint16_t& sequence) {
  constexpr std::size_t packets = 20'000, size = rtp_fixed_header + 160;
  std::vector<std::array<std::uint8_t, size + srtp_expansion>> sent(packets);
  for (auto& packet : sent)
    write_rtp_header(packet, {.sequence = sequence++, .ssrc = 7});
  const double begin = cpu_us();
  for (auto& packet : sent)
    (void)sender.protect_rtp(packet, size, *parse_rtp_header(packet));
  const double middle = cpu_us();
  std::size_t good = 0;
  for (auto& packet : sent) {
    const MutableBytes whole = MutableBytes(packet).first(size + lengths(suite).rtp_tag);
    good += receiver.unprotect_rtp(whole, *parse_rtp_header(whole)).status == SrtpStatus::ok;
  }
  const double end = cpu_us();
  if (good != packets) fmt::print(stderr, "{} of {} packets did not authenticate\n", packets - good, packets);
  return {(middle - begin) / packets, (end - middle) / packets};
}

/// libsrtp2 protects the same packets: us each.
class Libsrtp {
 public:
  Libsrtp(Suite suite, Bytes key) : key_(key.begin(), key.end()) {
    srtp_policy_t policy{};
    set_policy(suite, policy.rtp);
    set_policy(suite, policy.rtcp);
    policy.ssrc = {.type = ssrc_any_outbound, .value = 0};
    policy.key = key_.data();
    policy.window_size = 128;
    if (srtp_create(&session_, &policy) != srtp_err_status_ok) session_ = nullptr;
  }
  ~Libsrtp() {
    if (session_ != nullptr) srtp_dealloc(session_);
  }
  Libsrtp(const Libsrtp&) = delete;

  double protect() {
    constexpr std::size_t packets = 20'000, size = rtp_fixed_header + 160;
    std::vector<std::array<std::uint8_t, size + SRTP_MAX_TRAILER_LEN>> sent(packets);
    for (auto& packet : sent)
      write_rtp_header(packet, {.sequence = sequence_++, .ssrc = 7});
    std::size_t good = 0;
    const double begin = cpu_us();
    for (auto& packet : sent) {
      int length = size;
      good += session_ != nullptr && srtp_protect(session_, packet.data(), &length) == srtp_err_status_ok;
    }
    const double end = cpu_us();
    if (good != packets) fmt::print(stderr, "libsrtp2 protected {} of {} packets\n", good, packets);
    return (end - begin) / packets;
  }

 private:
  static void set_policy(Suite suite, srtp_crypto_policy_t& policy) {
    switch (suite) {
      case Suite::aead_aes_256_gcm:
        return srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy);
      case Suite::aead_aes_128_gcm:
        return srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy);
      case Suite::aes_cm_128_hmac_sha1_80:
        return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy);
      case Suite::aes_cm_128_hmac_sha1_32:
        return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy);
      case Suite::aes_256_cm_hmac_sha1_80:
        return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy);
      case Suite::aes_256_cm_hmac_sha1_32:
        return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy);
    }
  }
  Buffer key_;
  srtp_t session_ = nullptr;
  std::uint16_t sequence_ = 0;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print_row(Suite suite, const char* what, const std::vector<double>& values, const std::vector<double>& libsrtp) {
  const auto [least, most] = std::ranges::minmax(values);
  fmt::print(
      "{{\"suite\":\"{}\",\"operation\":\"{}\",\"unit\":\"us\",\"min\":{:.3f},\"median\":{:.3f},\"max\":{:.3f}{}}}\n",
      print(suite), what, least, median(values), most,
      libsrtp.empty() ? std::string() : fmt::format(",\"libsrtp2\":{:.3f}", median(libsrtp)));
}

}  // namespace

int main() {
  if (srtp_init() != srtp_err_status_ok) return 1;
  for (const Suite suite :
       {Suite::aead_aes_256_gcm, Suite::aead_aes_128_gcm, Suite::aes_cm_128_hmac_sha1_80,
        Suite::aes_cm_128_hmac_sha1_32, Suite::aes_256_cm_hmac_sha1_80, Suite::aes_256_cm_hmac_sha1_32}) {
    const Buffer key(lengths(suite).key_and_salt(), 0x42);
    SrtpSender sender(suite, key);
    SrtpReceiver receiver(suite, key);
    std::uint16_t sequence = 0;
    Libsrtp peer(suite, key);
    std::vector<double> protect, unprotect, theirs;
    for (int round = 0; round < 8; ++round) {
      const Round result = measure(suite, sender, receiver, sequence);
      const double peers = peer.protect();
      if (round == 0) continue;  // warms up
      protect.push_back(result.protect);
      unprotect.push_back(result.unprotect);
      theirs.push_back(peers);
    }
    print_row(suite, "protect", protect, theirs);
    print_row(suite, "unprotect", unprotect, {});
  }
}
