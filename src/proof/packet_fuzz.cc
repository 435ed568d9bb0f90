#include "base/check.h"
#include "proof/classify.h"

using namespace ringwall;
using namespace ringwall::proof;

/// First byte: the link type. Then frames, each after its length in two bytes: parsed and classified as one capture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr LinkType links[] = {LinkType::ethernet,   LinkType::null, LinkType::raw_ip, LinkType::linux_sll,
                                LinkType::linux_sll2, LinkType::ipv4, LinkType::ipv6,   LinkType::loop};
  ByteReader reader({data, size});
  const LinkType link = links[reader.u8() % std::size(links)];
  Classifier classifier;
  const MediaPath path{"a", "b", {"10.0.0.1", 16384}, {"10.0.0.2", 16386}, 0, 0};
  const Authenticate half = [](const MediaPath&, bool, MediaKind, std::span<const Buffer> packets) {
    return std::vector<bool>(packets.size() / 2, true);
  };
  std::uint64_t added = 0;
  while (reader.ok() && reader.remaining() > 2) {
    const Bytes bytes = reader.take(reader.u16());
    Frame frame{.link = link, .wire_bytes = static_cast<std::uint32_t>(bytes.size()), .bytes = to_buffer(bytes)};
    const auto packet = parse_packet(frame);
    if (!packet) continue;
    CHECK(packet->payload.size() <= bytes.size());
    classifier.add(*packet);
    if (++added % 16 == 0) classifier.authenticate(std::span(&path, 1), half);
  }
  const Classified result = classifier.finish();
  std::uint64_t sum = 0;
  for (std::uint64_t packets : result.counts)
    sum += packets;
  CHECK(sum == added && result.packets == added);
  return 0;
}
