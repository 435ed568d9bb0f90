#include <gmock/gmock.h>

#include "runtime/element_for_test.h"

// A client that was given an address to connect to sends it as SNI; whoever was given a name sends that.

namespace ringwall::runtime::test {
namespace {

class AskedAddressTest : public testing::Test {
 protected:
  /// Whether a client of `server` that sends the first of these names as SNI is known to ask for the address.
  bool asks_by_address(const TestElement& server, const std::string& sni, const std::string& version) {
    auto options = element_options("client", "127.36.3.1", root.identity("client.ringwall.test"));
    options.peers = {{"server", {sni, "server.ringwall.test"}, root.anchors()}};
    options.peers[0].tls_maximum = version;
    TestElement client(loop, std::move(options));
    const std::size_t before = server.recorder.messages.size();
    client.send(client.route_to(server, "server"), request_text("OPTIONS", {"127.36.3.1", 5061}));
    const bool came = loop.run_until([&] { return server.recorder.messages.size() > before; }, kPatience);
    EXPECT_TRUE(came) << sni << " over TLS " << version;
    return came && server.recorder.messages.back().flow.tls().by_address;
  }

  SignallingLoop loop;
  TestAuthority root{"Root"};
};

TEST_F(AskedAddressTest, OnlyTheServersOwnAddressCounts) {
  auto options = element_options("server", "127.36.3.2", root.identity("server.ringwall.test"));
  options.incoming_anchors = {root.anchors()};
  const TestElement server(loop, std::move(options));
  for (const std::string version : {"1.2", "1.3"}) {
    EXPECT_TRUE(asks_by_address(server, "127.36.3.2", version));
    EXPECT_FALSE(asks_by_address(server, "server.ringwall.test", version));
    EXPECT_FALSE(asks_by_address(server, "127.36.3.9", version)) << "another one, behind a NAT";
    EXPECT_FALSE(asks_by_address(server, "fade.cab", version)) << "a name of the letters that an address has";
  }
}

}  // namespace
}  // namespace ringwall::runtime::test
