#include "proof/pcap_file.h"

#include <gmock/gmock.h>

#include "proof/crafted.h"

namespace ringwall::proof {
namespace {

using namespace crafted;
using testing::HasSubstr;

std::vector<Frame> two_frames() {
  std::vector<Frame> frames = {udp_frame({"10.0.0.1", 1}, {"10.0.0.2", 2}, as_bytes("one")),
                               udp_frame({"10.0.0.2", 2}, {"10.0.0.1", 1}, as_bytes("two"))};
  frames[0].time = CaptureTime(std::chrono::microseconds(1'700'000'000'000'001));
  frames[1].time = CaptureTime(std::chrono::microseconds(1'700'000'000'999'999));
  frames[1].wire_bytes += 10;
  return frames;
}

TEST(PcapFile, ReadsWhatItWrites) {
  const auto frames = two_frames();
  const auto read = parse_pcap(print_pcap(frames));
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].bytes, frames[i].bytes);
    EXPECT_EQ((*read)[i].time, frames[i].time);
    EXPECT_EQ((*read)[i].wire_bytes, frames[i].wire_bytes);
    EXPECT_EQ((*read)[i].link, LinkType::ethernet);
  }
}

TEST(PcapFile, ReadsTheOtherByteOrderAndNanoseconds) {
  ByteWriter out;
  out.u32(0xa1b23c4d);
  out.u32(0x00020004);
  out.u64(0);
  out.u32(65535);
  out.u32(101);
  out.u32(5);
  out.u32(6'000);
  out.u32(1);
  out.u32(1);
  out.u8(0x45);
  const auto read = parse_pcap(out.buffer());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].time, CaptureTime(std::chrono::microseconds(5'000'006)));
  EXPECT_EQ((*read)[0].link, LinkType::raw_ip);
}

TEST(PcapFile, GivesWhatIsWholeOfACutFile) {
  const Buffer file = print_pcap(two_frames());
  for (std::size_t length = 24; length < file.size(); ++length) {
    const auto read = parse_pcap(Bytes(file).first(length));
    ASSERT_TRUE(read) << length;
    EXPECT_LE(read->size(), 1U);
  }
}

TEST(PcapFile, RefusesWhatItCannotRead) {
  EXPECT_THAT(parse_pcap(as_bytes("\x0a\x0d\x0d\x0a of pcapng")).error().mend, HasSubstr("pcapng"));
  EXPECT_FALSE(parse_pcap({}));
  Buffer wifi = print_pcap({});
  wifi[20] = 105;
  EXPECT_THAT(parse_pcap(wifi).error().what, HasSubstr("link type 105"));
  Buffer huge = print_pcap(two_frames());
  huge[24 + 11] = 0x7f;
  EXPECT_THAT(parse_pcap(huge).error().what, HasSubstr("too long"));
}

TEST(PcapFile, NamesTheFileInItsErrors) {
  EXPECT_THAT(read_pcap("/nonexistent/x.pcap").error().where, HasSubstr("x.pcap"));
  EXPECT_FALSE(write_pcap("/nonexistent/x.pcap", {}));
}

}  // namespace
}  // namespace ringwall::proof
