#include "sip/message/warning.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

TEST(Warning, RoundTrips) {
  const Warning warning{399, "edge.ringwall.test", R"(a "quoted" \ word)"};
  EXPECT_EQ(print(warning), R"(399 edge.ringwall.test "a \"quoted\" \\ word")");
  const auto parsed = parse_warning(print(warning));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, 399);
  EXPECT_EQ(parsed->agent, warning.agent);
  EXPECT_EQ(parsed->text, warning.text);
}

TEST(Warning, CannotEndTheLine) {
  EXPECT_EQ(print({399, "e", "a\r\nb"}), "399 e \"a  b\"");
}

TEST(Warning, RefusesOtherForms) {
  for (const char* bad :
       {"", "399", "399 e", "399 e text", "1812 overture \"In Progress\"", "39 e \"t\"", "399 e \"t", "399 e \"t\" x"})
    EXPECT_FALSE(parse_warning(bad)) << bad;
}

}  // namespace
}  // namespace ringwall::sip
