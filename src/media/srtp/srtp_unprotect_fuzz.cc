#include <algorithm>
#include <cstdlib>

#include "media/srtp/srtp_session.h"

using namespace ringwall;
using namespace ringwall::media;

namespace {

// The suites with a tag of 32 bits are left out: a tag of theirs can be guessed.
constexpr Suite suites[]{Suite::aead_aes_256_gcm, Suite::aead_aes_128_gcm, Suite::aes_cm_128_hmac_sha1_80,
                         Suite::aes_256_cm_hmac_sha1_80};

SrtpKeys keys(Suite suite, std::size_t mki_bytes) {
  const auto key = [&](std::uint8_t number) { return Secret(Buffer(lengths(suite).key_and_salt(), number)); };
  const auto mki = [&](std::uint8_t number) { return std::vector<std::uint8_t>(mki_bytes, number); };
  SrtpKeys out{.suite = suite, .local = key(1), .remote = key(1), .local_mki = mki(1), .remote_mki = mki(1)};
  if (mki_bytes > 0) out.more_remote = {{key(2), mki(2)}, {key(3), mki(3)}};
  return out;
}

bool accepted(SrtpReceiver& receiver, Buffer packet, bool rtcp) {
  if (rtcp) return receiver.unprotect_rtcp(packet).status == SrtpStatus::ok;
  const auto header = parse_rtp_header(packet);
  return header && receiver.unprotect_rtp(packet, *header).status == SrtpStatus::ok;
}

/// A true packet of the peer.
Buffer protected_packet(SrtpSender& sender, bool rtcp) {
  Buffer packet(60 + srtp_expansion);
  const RtpHeader header{.payload_type = 0, .sequence = 77, .ssrc = 9};
  write_rtp_header(packet, header);
  if (rtcp) packet[1] = 201;
  packet.resize(rtcp ? sender.protect_rtcp(packet, 60).size : sender.protect_rtp(packet, 60, header).size);
  return packet;
}

}  // namespace

/// First byte: suite, RTCP, and what the rest is. Second: the length of master key identifiers. Then either a packet,
/// which cannot authenticate, for no key is known to the fuzzer; or what is changed in a true one, of which nothing
/// but that very packet may pass, and that once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Suite suite = suites[data[0] % 4];
  const bool rtcp = (data[0] & 0x80) != 0, changed = (data[0] & 0x40) != 0;
  const SrtpKeys agreed = keys(suite, data[1] % (limits::srtp_mki_bytes + 1));
  SrtpReceiver receiver(agreed);
  const Bytes rest(data + 2, size - 2);
  if (!changed) {
    if (accepted(receiver, to_buffer(rest), rtcp)) abort();
    return 0;
  }
  SrtpSender sender(agreed);
  const Buffer original = protected_packet(sender, rtcp);
  Buffer packet = original;
  for (std::size_t i = 0; i < std::min(rest.size(), packet.size()); ++i)
    packet[i] ^= rest[i];
  if (accepted(receiver, packet, rtcp) != (packet == original)) abort();
  if (accepted(receiver, original, rtcp) == (packet == original)) abort();
  return 0;
}
