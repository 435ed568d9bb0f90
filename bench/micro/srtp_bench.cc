// CPU per SRTP packet of 160 bytes of payload, by suite: median, smallest and largest of 7 rounds, as JSON lines.
#include <fmt/format.h>
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

void print_row(Suite suite, const char* what, std::vector<double> values) {
  std::ranges::sort(values);
  fmt::print(
      "{{\"suite\":\"{}\",\"operation\":\"{}\",\"unit\":\"us\",\"min\":{:.3f},\"median\":{:.3f},\"max\":{:.3f}}}\n",
      print(suite), what, values.front(), values[values.size() / 2], values.back());
}

}  // namespace

int main() {
  for (const Suite suite : {Suite::aead_aes_256_gcm, Suite::aead_aes_128_gcm, Suite::aes_cm_128_hmac_sha1_80,
                            Suite::aes_cm_128_hmac_sha1_32}) {
    const Buffer key(lengths(suite).key_and_salt(), 0x42);
    SrtpSender sender(suite, key);
    SrtpReceiver receiver(suite, key);
    std::uint16_t sequence = 0;
    std::vector<double> protect, unprotect;
    for (int round = 0; round < 8; ++round) {
      const Round result = measure(suite, sender, receiver, sequence);
      if (round == 0) continue;  // warms up
      protect.push_back(result.protect);
      unprotect.push_back(result.unprotect);
    }
    print_row(suite, "protect", protect);
    print_row(suite, "unprotect", unprotect);
  }
}
