#include "pki/host_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringwall::pki {
namespace {

using testing::HasSubstr;

TEST(HostName, GoodNamesAreTakenInLowerCase) {
  EXPECT_EQ(*check_host_name("edge.ringwall.test"), "edge.ringwall.test");
  EXPECT_EQ(*check_host_name("EDGE-1.Ringwall.TEST"), "edge-1.ringwall.test");
  EXPECT_EQ(*check_host_name("localhost"), "localhost");
  EXPECT_EQ(*check_host_name("3com.example"), "3com.example");
  EXPECT_EQ(*check_host_name("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_TRUE(check_host_name(std::string(63, 'a') + ".test"));
}

struct Bad {
  std::string name, reason;
};
class BadName : public testing::TestWithParam<Bad> {};

TEST_P(BadName, IsRefusedWithTheReason) {
  const auto checked = check_host_name(GetParam().name);
  ASSERT_FALSE(checked) << GetParam().name;
  EXPECT_THAT(checked.error().what, HasSubstr(GetParam().reason));
  EXPECT_THAT(checked.error().mend, HasSubstr("edge.ringwall.test"));
  for (const char c : checked.error().what)
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

INSTANTIATE_TEST_SUITE_P(Names, BadName,
                         testing::Values(Bad{"", "empty"}, Bad{"*.ringwall.test", "wildcard"},
                                         Bad{"a..b", "empty part"}, Bad{".a", "empty part"}, Bad{"a.", "empty part"},
                                         Bad{"-a.test", "hyphen"}, Bad{"a-.test", "hyphen"},
                                         Bad{"a_b.test", "no letter"}, Bad{"a b.test", "no letter"},
                                         Bad{"a/../b", "no letter"}, Bad{"../b", "empty part"},
                                         Bad{"a\nb", "no letter"}, Bad{std::string("a\0b", 3), "no letter"},
                                         Bad{"b\xc3\xbc"
                                             "cher.test",
                                             "no letter"},
                                         Bad{"192.0.2.1", "IP address"}, Bad{"[::1]", "no letter"},
                                         Bad{"sip:a.test", "no letter"},
                                         Bad{std::string(64, 'a') + ".test", "longer than 63"},
                                         Bad{std::string(200, 'a') + "." + std::string(60, 'a'), "longer than 253"}));

TEST(HostName, FirstLabel) {
  EXPECT_EQ(first_label("edge.ringwall.test"), "edge");
  EXPECT_EQ(first_label("localhost"), "localhost");
}

}  // namespace
}  // namespace ringwall::pki
