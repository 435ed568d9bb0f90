#include <cstdlib>

#include "media/jitter/playout.h"

/// Packets with any numbers, timestamps and times, and the frames between them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  using namespace ringwall::media;
  ByteReader in(Bytes(data, size));
  const auto codec = static_cast<Codec>(in.u8() % codec_count);
  Playout playout(codec);
  Time now = Time{} + std::chrono::hours(1);
  RtpHeader header{.sequence = 0xfff0, .timestamp = 0xffff0000};
  while (in.ok() && in.remaining() > 0) {
    const std::uint8_t step = in.u8();
    header.sequence = static_cast<std::uint16_t>(header.sequence + 1 + (step & 0x80 ? in.u8() - 128 : 0));
    header.timestamp += facts(codec).frame_clock();
    if (step & 0x40) header.timestamp += static_cast<std::uint32_t>(in.u16()) << (in.u8() % 17);
    if (step & 0x20) header.ssrc = in.u8();
    const auto content = static_cast<JitterBuffer::Content>((step >> 3) % 3);
    playout.put(header, content, in.take(std::min<std::size_t>(in.u8(), in.remaining())), now);
    for (int frames = step & 7; frames > 0; --frames, now += std::chrono::milliseconds(20))
      if (playout.get(now).size() != facts(codec).frame_samples()) abort();
  }
  return 0;
}
