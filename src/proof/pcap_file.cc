#include "proof/pcap_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/check.h"
#include "base/limits.h"

namespace ringwall::proof {
namespace {

constexpr std::uint32_t magic_micro = 0xa1b2c3d4, magic_nano = 0xa1b23c4d;

/// The file's numbers are in the byte order of who wrote it; the magic number tells.
class Numbers {
 public:
  Numbers(ByteReader& reader, bool swapped) : reader_(reader), swapped_(swapped) {}
  std::uint32_t u32() {
    const std::uint32_t value = reader_.u32();
    return swapped_ ? __builtin_bswap32(value) : value;
  }

 private:
  ByteReader& reader_;
  bool swapped_;
};

void little_u32(ByteWriter& writer, std::uint32_t value) {
  writer.u32(__builtin_bswap32(value));
}
void little_u16(ByteWriter& writer, std::uint16_t value) {
  writer.u16(__builtin_bswap16(value));
}

}  // namespace

Result<std::vector<Frame>> parse_pcap(Bytes file) {
  ByteReader reader(file);
  const std::uint32_t magic = reader.u32();
  const bool swapped = magic == __builtin_bswap32(magic_micro) || magic == __builtin_bswap32(magic_nano);
  const std::uint32_t kind = swapped ? __builtin_bswap32(magic) : magic;
  if (!reader.ok() || (kind != magic_micro && kind != magic_nano)) {
    return fail("this is no pcap file", "byte 0",
                "write it with tcpdump -w, or tshark -F pcap -w (pcapng is not read)");
  }
  Numbers numbers(reader, swapped);
  reader.skip(16);  // version, zone, accuracy, snapshot length
  const std::uint32_t link = numbers.u32() & 0xffff;
  if (!reader.ok()) return fail("the pcap file ends inside its header", "byte 20");
  if (!is_link_type_known(static_cast<int>(link))) {
    return fail(fmt::format("link type {} cannot be read", link), "byte 20", "capture on Ethernet, loopback or 'any'");
  }
  std::vector<Frame> frames;
  while (reader.remaining() >= 16) {
    const std::size_t at = reader.position();
    const std::chrono::seconds seconds(numbers.u32());
    const std::uint32_t fraction = numbers.u32();
    const std::uint32_t length = numbers.u32();
    Frame frame{.link = static_cast<LinkType>(link), .wire_bytes = numbers.u32()};
    if (length > limits::capture_frame_bytes) return fail("a frame is too long", fmt::format("byte {}", at));
    if (length > reader.remaining()) break;  // whoever wrote the file was stopped
    frame.time = CaptureTime(seconds + std::chrono::microseconds(kind == magic_nano ? fraction / 1000 : fraction));
    frame.bytes = to_buffer(reader.take(length));
    frames.push_back(std::move(frame));
  }
  return frames;
}

Result<std::vector<Frame>> read_pcap(const std::filesystem::path& path) {
  std::error_code trouble;
  const auto bytes = std::filesystem::file_size(path, trouble);
  if (trouble) return fail("cannot read the capture: " + trouble.message(), path.string());
  if (bytes > limits::capture_file_bytes) return fail("the capture is too long to be read", path.string());
  Buffer file(bytes);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(file.data()), static_cast<std::streamsize>(file.size()));
  if (!in) return fail("cannot read the capture", path.string());
  auto frames = parse_pcap(file);
  if (!frames) frames.error().where = path.string() + ": " + frames.error().where;
  return frames;
}

Buffer print_pcap_header(LinkType link) {
  ByteWriter writer;
  little_u32(writer, magic_micro);
  little_u16(writer, 2);
  little_u16(writer, 4);
  little_u32(writer, 0);
  little_u32(writer, 0);
  little_u32(writer, limits::capture_frame_bytes);
  little_u32(writer, static_cast<std::uint32_t>(link));
  return writer.take();
}

Buffer print_pcap_record(const Frame& frame) {
  const auto since = frame.time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  ByteWriter writer;
  little_u32(writer, static_cast<std::uint32_t>(seconds.count()));
  little_u32(writer, static_cast<std::uint32_t>((since - seconds).count()));
  little_u32(writer, static_cast<std::uint32_t>(frame.bytes.size()));
  little_u32(writer, std::max(frame.wire_bytes, static_cast<std::uint32_t>(frame.bytes.size())));
  writer.bytes(frame.bytes);
  return writer.take();
}

Buffer print_pcap(std::span<const Frame> frames) {
  const LinkType link = frames.empty() ? LinkType::ethernet : frames.front().link;
  Buffer file = print_pcap_header(link);
  for (const Frame& frame : frames) {
    CHECK(frame.link == link);
    const Buffer record = print_pcap_record(frame);
    file.insert(file.end(), record.begin(), record.end());
  }
  return file;
}

Result<> write_pcap(const std::filesystem::path& path, std::span<const Frame> frames) {
  const Buffer file = print_pcap(frames);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.flush();
  if (!out) return fail(fmt::format("cannot write the capture: {}", std::strerror(errno)), path.string());
  return {};
}

}  // namespace ringwall::proof
