#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "runtime/element_for_test.h"
#include "runtime/raw_socket_for_test.h"
#include "runtime/tls_context_impl.h"

// A server that fails the handshake when a session is offered, as OpenSSL's does where it asks for a certificate and
// its program forgot SSL_CTX_set_session_id_context().

namespace ringwall::runtime::test {
namespace {

class ForgetfulServer {
 public:
  /// With `never`, it refuses full handshakes too, after the first.
  ForgetfulServer(const TlsIdentity& identity, const std::string& ip, int version, bool never = false)
      : context_(SSL_CTX_new(TLS_server_method())), listener_(RawSocket::listen(ip)), never_(never) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_use_certificate_chain_file(context_.get(), identity.server_certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), identity.server_key.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    thread_ = std::thread([this] { run(); });
  }
  ~ForgetfulServer() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] NetAddress local() const { return listener_.local(); }
  std::atomic<int> served = 0, refused = 0;

 private:
  void run() {
    while (!stop_) {
      pollfd wait{listener_.fd(), POLLIN, 0};
      ::poll(&wait, 1, 10);
      const RawSocket peer(::accept(listener_.fd(), nullptr, nullptr));
      if (peer.good()) serve(peer.fd());
    }
  }
  void serve(int fd) {
    if (never_ && served != 0) {
      ++refused;
      return;
    }
    const SslPtr ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    char request[4096];
    if (SSL_accept(ssl.get()) != 1 || SSL_read(ssl.get(), request, sizeof request) <= 0) {
      ++refused;
      return;
    }
    constexpr std::string_view answer = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
    SSL_write(ssl.get(), answer.data(), answer.size());
    SSL_shutdown(ssl.get());
    ++served;
  }

  SslContextPtr context_;
  RawSocket listener_;
  bool never_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

class RefusedResumption : public testing::TestWithParam<int> {
 protected:
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }
  SipHostOptions edge_options() {
    auto made = element_options("edge", "127.55.13.1", root.identity("edge.ringwall.test"));
    made.peers = {{"server", {"server.ringwall.test"}, root.anchors()}};
    return made;
  }
  void call(TestElement& edge, const ForgetfulServer& server) {
    edge.send({{}, sip::Transport::tls, server.local(), "server"}, request_text("OPTIONS", {"127.55.13.1", 5061}));
  }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
};

TEST_P(RefusedResumption, CostsAHandshakeAndNoMessage) {
  const ForgetfulServer server(root.identity("server.ringwall.test"), "127.55.13.2", GetParam());
  TestElement edge(loop, edge_options());
  for (int round = 1; round <= 3; ++round) {
    call(edge, server);
    ASSERT_TRUE(run([&] { return server.served == round && edge.transports->view().connections.empty(); })) << round;
    EXPECT_EQ(edge.recorder.messages.size(), static_cast<std::size_t>(round));
    EXPECT_EQ(server.refused, round - 1) << "the session was offered once and refused";
  }
  EXPECT_TRUE(edge.recorder.failed.empty());
  EXPECT_EQ(edge.transports->view().totals.client_handshake_failures, 0u);
  for (const auto& message : edge.recorder.messages)
    EXPECT_FALSE(message.flow.tls().resumed);
}

TEST_P(RefusedResumption, IsTriedOnceMoreAndNotForEver) {
  const ForgetfulServer server(root.identity("server.ringwall.test"), "127.55.13.2", GetParam(), true);
  TestElement edge(loop, edge_options());
  call(edge, server);
  ASSERT_TRUE(run([&] { return server.served == 1 && edge.transports->view().connections.empty(); }));
  call(edge, server);
  ASSERT_TRUE(run([&] { return edge.recorder.failed.size() == 1; }));
  EXPECT_EQ(server.refused, 2) << "with the session, and without";
  EXPECT_EQ(edge.transports->view().totals.client_handshake_failures, 1u);
}

INSTANTIATE_TEST_SUITE_P(Versions, RefusedResumption, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace ringwall::runtime::test
