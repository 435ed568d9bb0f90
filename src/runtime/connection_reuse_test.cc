#include <gmock/gmock.h>

#include "runtime/element_for_test.h"

// RFC 5923 and RFC 5922: a connection serves another request only if what its certificate proved is what that request's
// peer has to prove, whatever way the address was found.

namespace ringwall::runtime::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class ConnectionReuseTest : public testing::Test {
 protected:
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }

  /// A server that may show one or more names, on an address that DNS led to.
  std::unique_ptr<TestElement> server(std::vector<std::string> names) {
    auto options = element_options("server", "127.36.2.2", root.identity(Wanted{.names = std::move(names)}));
    options.incoming_anchors = {root.anchors()};
    return std::make_unique<TestElement>(loop, std::move(options));
  }
  std::unique_ptr<TestElement> client(std::vector<PeerPolicy> peers) {
    auto options = element_options("client", "127.36.2.1", root.identity("client.ringwall.test"));
    options.peers = std::move(peers);
    return std::make_unique<TestElement>(loop, std::move(options));
  }
  static std::string options_request(const TestElement& from) {
    return request_text("OPTIONS", from.transports->local(sip::Transport::tls));
  }

  SignallingLoop loop;
  TestAuthority root{"Root"}, foreign{"Foreign"};
};

// One server for two domains, as a carrier's is: SRV records of both lead to it.
TEST_F(ConnectionReuseTest, TwoDomainsOnOneServerShareAConnectionIfItProvedBoth) {
  const auto far = server({"one.example", "two.example"});
  const auto near = client({{"one", {"one.example"}, root.anchors()}, {"two", {"two.example"}, root.anchors()}});
  near->send(near->route_to(*far, "one"), options_request(*near));
  ASSERT_TRUE(run([&] { return far->recorder.messages.size() == 1; }));
  near->send(near->route_to(*far, "two"), options_request(*near));
  ASSERT_TRUE(run([&] { return far->recorder.messages.size() == 2; }));
  EXPECT_TRUE(near->recorder.failed.empty());
  for (const auto& connection : near->transports->view().connections)
    EXPECT_THAT(connection.tls.peer_names, testing::Contains("two.example"));
}

TEST_F(ConnectionReuseTest, AConnectionThatProvedOneDomainIsNotUsedForTheOther) {
  const auto far = server({"one.example"});
  const auto near = client({{"one", {"one.example"}, root.anchors()}, {"two", {"two.example"}, root.anchors()}});
  near->send(near->route_to(*far, "one"), options_request(*near));
  ASSERT_TRUE(run([&] { return far->recorder.messages.size() == 1; }));
  near->send(near->route_to(*far, "two"), options_request(*near));
  ASSERT_TRUE(run([&] { return near->recorder.failed.size() == 1; }));
  EXPECT_THAT(near->recorder.failed[0].second, HasSubstr("two.example"));
  EXPECT_THAT(far->recorder.messages, SizeIs(1));
}

// The name that an SRV record led to proves nothing: only the domain that was asked for counts (RFC 5922 section 4).
TEST_F(ConnectionReuseTest, TheNameOfAnSrvTargetIsNotTheDomain) {
  const auto far = server({"sip1.one.example"});
  const auto near = client({{"one", {"one.example"}, root.anchors()}});
  near->send(near->route_to(*far, "one"), options_request(*near));
  ASSERT_TRUE(run([&] { return near->recorder.failed.size() == 1; }));
  EXPECT_TRUE(far->recorder.messages.empty());
}

TEST_F(ConnectionReuseTest, TheSameNameFromAnotherAuthorityIsAnother) {
  const auto far = server({"one.example"});
  const auto near = client({{"one", {"one.example"}, root.anchors()}, {"other", {"one.example"}, foreign.anchors()}});
  near->send(near->route_to(*far, "one"), options_request(*near));
  ASSERT_TRUE(run([&] { return far->recorder.messages.size() == 1; }));
  near->send(near->route_to(*far, "other"), options_request(*near));
  ASSERT_TRUE(run([&] { return near->recorder.failed.size() == 1; }));
  EXPECT_THAT(far->recorder.messages, SizeIs(1));
}

// An incoming connection with "alias" stands for its peer's address, but only for the names it proved.
TEST_F(ConnectionReuseTest, AnAliasServesOnlyTheNamesThatItProved) {
  auto options = element_options("server", "127.36.2.2", root.identity("server.ringwall.test"));
  options.peers = {{"client", {"client.ringwall.test"}, root.anchors()}, {"two", {"two.example"}, root.anchors()}};
  TestElement far(loop, std::move(options));
  const auto near = client({{"server", {"server.ringwall.test"}, root.anchors()}});
  near->send(near->route_to(far, "server"),
             request_text("OPTIONS", near->transports->local(sip::Transport::tls), ";alias"));
  ASSERT_TRUE(run([&] { return far.recorder.messages.size() == 1; }));
  far.send(far.route_to(*near, "client"), options_request(far));
  ASSERT_TRUE(run([&] { return near->recorder.messages.size() == 1; }));
  EXPECT_TRUE(near->recorder.messages[0].flow.outgoing) << "it came back over the client's own connection";
  far.send(far.route_to(*near, "two"), options_request(far));
  ASSERT_TRUE(run([&] { return far.recorder.failed.size() == 1; }));
  EXPECT_THAT(near->recorder.messages, SizeIs(1));
}

}  // namespace
}  // namespace ringwall::runtime::test
