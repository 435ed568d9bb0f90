#include "sip/message/parameters.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

TEST(ParseParameters, FindsThemWithoutCase) {
  const auto parameters = parse_parameters(" ;a=1 ; B = \"x;\\\"y\" ;lr");
  ASSERT_TRUE(parameters) << parameters.error().text();
  EXPECT_EQ(parameters->find("A"), "1");
  EXPECT_EQ(parameters->find("b"), "x;\\\"y");
  EXPECT_EQ(unescape_quoted(*parameters->find("b")), "x;\"y");
  EXPECT_EQ(parameters->find("lr"), "");
  EXPECT_TRUE(parameters->has("lr"));
  EXPECT_EQ(parameters->find("c"), std::nullopt);
  EXPECT_EQ(parameters->text(), "a=1 ; B = \"x;\\\"y\" ;lr");
  EXPECT_TRUE(parse_parameters("")->empty());
}

TEST(ParseParameters, RefusesWhatIsMalformed) {
  for (const char* bad :
       {"a=1", ";", ";;a", ";a;", ";a=", ";a=\"x", ";a=1 b", ";a=1;A=2", ";a=\"x\"y", ";=1", ";a=1,b"})
    EXPECT_FALSE(parse_parameters(bad)) << bad;
}

TEST(ParseParameters, LimitsTheirNumber) {
  std::string text;
  for (std::size_t i = 0; i < limits::sip_parameter_count; ++i)
    text += ";p" + std::to_string(i);
  EXPECT_TRUE(parse_parameters(text));
  EXPECT_FALSE(parse_parameters(text + ";q"));
}

TEST(PrintQuoted, IsReadBackAsItWas) {
  const std::string text = "a \"b\" \\c\\ \xc3\xbc";
  const std::string quoted = print_quoted(text);
  EXPECT_EQ(grammar::quoted_length(quoted), quoted.size());
  EXPECT_EQ(unescape_quoted(std::string_view(quoted).substr(1, quoted.size() - 2)), text);
  EXPECT_EQ(print_quoted(std::string_view("a\r\nb\0", 5)), "\"a  b \"");
}

TEST(ParseDeltaSeconds, EndsAtTwoToThe32) {
  EXPECT_EQ(parse_delta_seconds("0"), 0U);
  EXPECT_EQ(parse_delta_seconds("4294967295"), 0xffff'ffffU);
  EXPECT_EQ(parse_delta_seconds("99999999999999999999"), 0xffff'ffffU);
  for (const char* bad : {"", "-1", "+1", "1.5", "0x1", "1 ", "soon"})
    EXPECT_FALSE(parse_delta_seconds(bad)) << bad;
}

TEST(ParseQ, ReadsThousandths) {
  EXPECT_EQ(parse_q("0"), 0);
  EXPECT_EQ(parse_q("1"), 1000);
  EXPECT_EQ(parse_q("1.000"), 1000);
  EXPECT_EQ(parse_q("0.5"), 500);
  EXPECT_EQ(parse_q("0.123"), 123);
  EXPECT_EQ(parse_q("0."), 0);
  for (const char* bad : {"", ".5", "1.001", "2", "0.1234", "0,5", "-0.5", "0.5 "})
    EXPECT_FALSE(parse_q(bad)) << bad;
}

}  // namespace
}  // namespace ringwall::sip
