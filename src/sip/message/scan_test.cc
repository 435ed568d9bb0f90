#include "sip/message/scan.h"

#include <gmock/gmock.h>

namespace ringwall::sip {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines(const std::string& text) {
  HeadLines found;
  if (const char* trouble = scan_head(text, found)) return {trouble};
  std::vector<std::string> out;
  std::size_t start = 0;
  for (std::size_t i = 0; i < found.count; ++i) {
    out.push_back(text.substr(start, found.ends[i] - start));
    start = found.ends[i] + 2;
  }
  EXPECT_EQ(found.head_bytes, start + 2);
  return out;
}

TEST(ScanHead, FindsLogicalLines) {
  EXPECT_THAT(lines("a\r\nb: c\r\n\td\r\n e\r\nf\r\n\r\nbody\nwith\rbare"), ElementsAre("a", "b: c\r\n\td\r\n e", "f"));
  EXPECT_THAT(lines("a\r\n b\r\n\r\n"), ElementsAre("a", " b")) << "the start line is not folded";
}

TEST(ScanHead, SaysWhatIsMissing) {
  EXPECT_THAT(lines(""), ElementsAre("The header section does not end with an empty line"));
  EXPECT_THAT(lines("a\r\nb\r\n"), ElementsAre("The header section does not end with an empty line"));
  EXPECT_THAT(lines("a\r\nb\r\n\r"), ElementsAre("A line does not end with CRLF"));
}

// A mistake is found wherever it stands in its block, and at the border of two blocks.
TEST(ScanHead, FindsBareLineEndsEverywhere) {
  for (std::size_t at = 1; at < 140; ++at) {
    for (const char bare : {'\r', '\n'}) {
      std::string text = "start\r\n" + std::string(150, 'x') + "\r\n\r\n";
      text[7 + at] = bare;
      EXPECT_THAT(lines(text), ElementsAre("A line does not end with CRLF")) << at;
    }
  }
}

TEST(ScanHead, MindsOnlyTheHead) {
  for (std::size_t length = 0; length < 140; ++length) {
    const std::string head = "start\r\n" + std::string(length, 'y') + "z\r\n\r\n";
    EXPECT_THAT(lines(head + "\r\r\n\n\n\r"), ElementsAre("start", std::string(length, 'y') + "z")) << length;
    EXPECT_EQ(lines(head), lines(head + "x"));
  }
}

TEST(ScanHead, SeesANulWhereverItStands) {
  for (std::size_t length = 1; length < 140; ++length) {
    const std::string text = "start\r\n" + std::string(length, 'x') + "\r\n\r\n";
    HeadLines found;
    ASSERT_EQ(scan_head(text, found), nullptr);
    EXPECT_FALSE(found.nul) << length;
    std::string holding = text;
    holding[6 + length] = '\0';
    HeadLines again;
    ASSERT_EQ(scan_head(holding, again), nullptr);
    EXPECT_TRUE(again.nul) << length;
  }
}

TEST(ScanHead, LimitsTheNumberOfLines) {
  std::string text = "start\r\n";
  for (std::size_t i = 0; i < limits::sip_header_count; ++i)
    text += "a:b\r\n";
  EXPECT_EQ(lines(text + "\r\n").size(), limits::sip_header_count + 1);
  EXPECT_THAT(lines(text + "a:b\r\n\r\n"), ElementsAre("More than 256 header fields"));
}

TEST(FindColon, LooksAt32Bytes) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(64, 'x');
    text[at] = ':';
    text[at + 1] = ':';
    EXPECT_EQ(find_colon_32(text.data()), std::min<std::size_t>(at, 32));
  }
}

TEST(HoldsLineEnd, FindsEachOneEverywhere) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, '\x0e');
    EXPECT_FALSE(holds_line_end(text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      for (const char harmful : {'\r', '\n', '\0'}) {
        text[at] = harmful;
        EXPECT_TRUE(holds_line_end(text)) << size << ' ' << at;
      }
      text[at] = at % 2 == 0 ? '\x8d' : '\x01';
    }
    EXPECT_FALSE(holds_line_end(text)) << size;
  }
}

}  // namespace
}  // namespace ringwall::sip
