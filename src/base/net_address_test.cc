#include "base/net_address.h"

#include <gtest/gtest.h>

namespace ringwall {
namespace {

TEST(NetAddress, ReadsWhatItPrints) {
  for (const std::string_view text : {"127.18.133.226:5061", "[::1]:5061", "[2001:db8::1]:1"})
    EXPECT_EQ(parse_net_address(text).value().text(), text);
  EXPECT_EQ(parse_net_address("192.0.2.1", 5061).value().text(), "192.0.2.1:5061");
  EXPECT_EQ(parse_net_address("2001:DB8:0::1", 5061).value().text(), "[2001:db8::1]:5061");
}

TEST(NetAddress, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.256:1", "[::1:5061", "host:1", "[::1]x"})
    EXPECT_FALSE(parse_net_address(text)) << text;
}

}  // namespace
}  // namespace ringwall
