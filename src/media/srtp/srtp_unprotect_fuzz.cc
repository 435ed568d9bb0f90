#include <cstdlib>

#include "media/srtp/srtp_session.h"

/// First byte: suite and whether the packet is RTCP; the rest is the packet. No key is known to the fuzzer, so nothing
/// may authenticate (the short tag of the _32 suite is left out: it can be guessed).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  if (size == 0) return 0;
  constexpr media::Suite suites[]{media::Suite::aead_aes_256_gcm, media::Suite::aead_aes_128_gcm,
                                  media::Suite::aes_cm_128_hmac_sha1_80};
  const media::Suite suite = suites[data[0] % 3];
  const Buffer key(media::lengths(suite).key_and_salt(), 0x42);
  media::SrtpReceiver receiver(suite, key);
  Buffer packet(data + 1, data + size);
  if ((data[0] & 0x80) != 0) {
    if (receiver.unprotect_rtcp(packet).status == media::SrtpStatus::ok) abort();
  } else if (const auto header = media::parse_rtp_header(packet)) {
    if (receiver.unprotect_rtp(packet, *header).status == media::SrtpStatus::ok) abort();
  }
  return 0;
}
