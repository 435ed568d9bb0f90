#include "base/text.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace ringwall {
namespace {

TEST(Text, ParsesWholeUnsignedNumbersOnly) {
  EXPECT_EQ(parse_unsigned<std::uint16_t>("65535"), 65535);
  EXPECT_FALSE(parse_unsigned<std::uint16_t>("65536"));
  EXPECT_FALSE(parse_unsigned<int>("-1"));
  EXPECT_FALSE(parse_unsigned<int>("+1"));
  EXPECT_FALSE(parse_unsigned<int>(" 1"));
  EXPECT_FALSE(parse_unsigned<int>("1 "));
  EXPECT_FALSE(parse_unsigned<int>(""));
}

// RFC 4648 section 10.
TEST(Text, Base64TestVectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(print_base64(as_bytes(plain)), coded);
    EXPECT_EQ(as_text(parse_base64(coded).value()), plain);
  }
  for (const std::string_view bad : {"Zg=", "Z===", "Zm9v\n", "Zm9=Zm9v", "Zm9*"})
    EXPECT_FALSE(parse_base64(bad)) << bad;
}

TEST(Text, HexRoundTrip) {
  EXPECT_EQ(print_hex(Buffer{0x00, 0xab, 0xff}), "00abff");
  EXPECT_EQ(parse_hex("00ABff").value(), (Buffer{0x00, 0xab, 0xff}));
  EXPECT_FALSE(parse_hex("0"));
  EXPECT_FALSE(parse_hex("0g"));
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  std::string_view text = "name=value";
  EXPECT_EQ(take_until(text, '='), "name");
  EXPECT_EQ(text, "value");
  EXPECT_TRUE(equals_ignoring_case("Via", "VIA"));
}

TEST(WallTimeText, ReadsWhatItPrints) {
  const WallTime time = parse_wall_time("2026-02-28T23:59:59Z").value();
  EXPECT_EQ(print_wall_time(time), "2026-02-28T23:59:59Z");
  EXPECT_EQ(print_wall_time(parse_wall_time("2026-12-31").value()), "2026-12-31T00:00:00Z");
  for (const std::string_view bad : {"2026-02-30", "tomorrow", "2026-1-1", "2026-01-01T24:00:00Z", ""})
    EXPECT_FALSE(parse_wall_time(bad)) << bad;
}

}  // namespace
}  // namespace ringwall
