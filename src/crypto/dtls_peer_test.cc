// The handshake with OpenSSL's own programs, over real sockets: both sides must export the same keys.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <fmt/ranges.h>

#include "crypto/certificate_builder.h"
#include "crypto/dtls_cookie.h"
#include "crypto/dtls_session.h"

namespace ringwall::crypto {
namespace {

using namespace std::chrono_literals;

constexpr const char* address = "127.64.1.1";
constexpr auto patience = 10s;

struct Credentials {
  Certificate certificate;
  std::string folder, files;  ///< "-cert ... -key ..."
};

Credentials write_credentials() {
  const auto key = PrivateKey::generate(KeyType::p256);
  CertificateTemplate wanted;
  wanted.common_name = "openssl";
  wanted.server_auth = wanted.client_auth = true;
  wanted.not_before = wall_now() - std::chrono::days(1);
  wanted.not_after = wall_now() + std::chrono::days(1);
  Credentials out{*self_sign_certificate(wanted, *key), {}, {}};
  std::string name = (std::filesystem::temp_directory_path() / "dtls_peer_XXXXXX").string();
  out.folder = mkdtemp(name.data());
  std::ofstream(out.folder + "/cert.pem") << out.certificate.pem();
  std::ofstream(out.folder + "/key.pem") << as_text(key->pem().reveal());
  out.files = fmt::format("-cert {0}/cert.pem -key {0}/key.pem", out.folder);
  return out;
}

/// A run of `openssl` whose standard input stays open and whose output goes to a file.
class Openssl {
 public:
  Openssl(const Credentials& credentials, const std::string& arguments) : output_(credentials.folder + "/output") {
    const std::string command =
        fmt::format("sleep 30 | openssl {} {} -keymatexport EXTRACTOR-dtls_srtp -keymatexportlen 60 > {} 2>&1",
                    arguments, credentials.files, output_);
    const char* const words[] = {"sh", "-c", command.c_str(), nullptr};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (posix_spawnp(&process_, "sh", nullptr, &attributes, const_cast<char* const*>(words), environ) != 0)
      process_ = 0;
    posix_spawnattr_destroy(&attributes);
  }
  ~Openssl() {
    if (process_ == 0) return;
    ::kill(-process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  Openssl(const Openssl&) = delete;

  [[nodiscard]] std::string output() const {
    std::ifstream in(output_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The exported block in hex, once it is printed.
  [[nodiscard]] std::string exported() const {
    for (const auto end = Clock::now() + patience; Clock::now() < end; std::this_thread::sleep_for(20ms)) {
      const std::string text = output();
      constexpr std::string_view mark = "Keying material: ";
      const std::size_t at = text.find(mark);
      if (at != std::string::npos && text.find('\n', at) != std::string::npos)
        return text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    }
    return {};
  }

 private:
  std::string output_;
  pid_t process_ = 0;
};

/// One UDP socket and the address that the last datagram came from.
class Udp {
 public:
  explicit Udp(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    peer_.sin_family = AF_INET;
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &local.sin_addr);
    bound_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
  }
  ~Udp() { ::close(socket_); }
  Udp(const Udp&) = delete;

  [[nodiscard]] bool bound() const { return bound_; }
  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in local{};
    socklen_t size = sizeof local;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &size);
    return ntohs(local.sin_port);
  }
  void aim(std::uint16_t port) {
    peer_.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &peer_.sin_addr);
  }
  void send(Bytes datagram) {
    (void)::sendto(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&peer_),
                   sizeof peer_);
  }
  std::optional<Buffer> receive() {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 50) != 1) return std::nullopt;
    Buffer out(2048);
    socklen_t size = sizeof peer_;
    const auto count = ::recvfrom(socket_, out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&peer_), &size);
    if (count <= 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(count));
    return out;
  }
  [[nodiscard]] Bytes peer_bytes() const { return {reinterpret_cast<const std::uint8_t*>(&peer_), 8}; }

 private:
  int socket_;
  bool bound_ = false;
  sockaddr_in peer_{};
};

std::uint16_t free_port() {
  return Udp(0).port();
}

DtlsOptions options_for(const Credentials& peer, bool active) {
  return {.active = active,
          .peer = {*fingerprint(peer.certificate, "sha-384")},
          .profiles = {SrtpProfile::aead_aes_256_gcm, SrtpProfile::aes128_cm_sha1_80}};
}

void pump(DtlsSession& session, Udp& udp) {
  for (const auto end = Clock::now() + patience;
       session.state() == DtlsSession::State::handshaking && Clock::now() < end;) {
    while (const auto datagram = session.poll_transmit())
      udp.send(*datagram);
    if (const auto datagram = udp.receive()) session.receive(*datagram, Clock::now());
    session.expire(Clock::now());
  }
  while (const auto datagram = session.poll_transmit())
    udp.send(*datagram);
}

/// RFC 5764 section 4.2: client key, server key, client salt, server salt.
std::string block_of(const DtlsKeys& keys, bool active) {
  const Bytes client = (active ? keys.local : keys.remote).reveal(),
              server = (active ? keys.remote : keys.local).reveal();
  Buffer out;
  for (const Bytes part : {client.first(16), server.first(16), client.subspan(16), server.subspan(16)})
    out.insert(out.end(), part.begin(), part.end());
  return fmt::format("{:02X}", fmt::join(out, ""));
}

TEST(DtlsPeer, OpensslServerExportsTheSameKeys) {
  for (const char* const listen : {"", " -listen"}) {  // with and without a cookie
    const Credentials credentials = write_credentials();
    const std::uint16_t port = free_port();
    const Openssl server(credentials, fmt::format("s_server -dtls1_2{} -accept {}:{} -Verify 1 -use_srtp "
                                                  "SRTP_AES128_CM_SHA1_80",
                                                  listen, address, port));
    Udp udp(0);
    udp.aim(port);
    DtlsSession session(DtlsContext::self_signed(wall_now()), options_for(credentials, true), Clock::now());
    pump(session, udp);
    ASSERT_EQ(session.state(), DtlsSession::State::done) << session.why() << "\n" << server.output();
    const auto keys = session.take_keys();
    EXPECT_EQ(keys->profile, SrtpProfile::aes128_cm_sha1_80);
    EXPECT_EQ(server.exported(), block_of(*keys, true)) << server.output();
    std::filesystem::remove_all(credentials.folder);
  }
}

TEST(DtlsPeer, OpensslClientExportsTheSameKeys) {
  const Credentials credentials = write_credentials();
  Udp udp(0);
  const auto context = DtlsContext::self_signed(wall_now());
  const Openssl client(credentials, fmt::format("s_client -dtls1_2 -connect {}:{} -use_srtp SRTP_AES128_CM_SHA1_80",
                                                address, udp.port()));
  std::optional<DtlsSession> session;
  for (const auto end = Clock::now() + patience; !session && Clock::now() < end;) {
    const auto datagram = udp.receive();
    const auto hello = datagram ? parse_client_hello(*datagram) : std::nullopt;
    if (!hello) continue;
    const DtlsCookie cookie = make_cookie(context->cookie_secret(), udp.peer_bytes(), *hello);
    if (hello->cookie.empty()) {
      udp.send(print_hello_verify_request(*hello, cookie));
      continue;
    }
    ASSERT_TRUE(std::ranges::equal(hello->cookie, cookie));
    session.emplace(context, options_for(credentials, false), Clock::now(), cookie);
    session->receive(*datagram, Clock::now());
  }
  ASSERT_TRUE(session.has_value()) << client.output();
  pump(*session, udp);
  ASSERT_EQ(session->state(), DtlsSession::State::done) << session->why() << "\n" << client.output();
  EXPECT_EQ(client.exported(), block_of(*session->take_keys(), false)) << client.output();
  std::filesystem::remove_all(credentials.folder);
}

}  // namespace
}  // namespace ringwall::crypto
