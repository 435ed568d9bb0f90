#include "proof/capture.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "proof/classify.h"
#include "proof/crafted.h"
#include "proof/pcap_file.h"
#include "proof/tls_names.h"

namespace ringwall::proof {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(CaptureFilter, NamesEveryAddress) {
  EXPECT_EQ(capture_filter({}).value(), "");
  EXPECT_EQ(capture_filter({"127.18.133.226", "::1"}).value(), "host 127.18.133.226 or host ::1");
  EXPECT_FALSE(capture_filter({"127.0.0.1 or tcp"}));
  EXPECT_FALSE(capture_filter({"edge.ringwall.test"}));
}

TEST(CaptureStart, NamesTheInterfaceThatIsNotThere) {
  const auto capture = Capture::start({.interfaces = {"ringwall-none"}});
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().where, "ringwall-none");
  EXPECT_FALSE(capture.error().mend.empty());
}

TEST(CaptureStart, SaysHowToGetTheRight) {
  // Where this user has no right to capture, the error must say how to get it; root gives the right up in a child.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(3);
    const auto capture = Capture::start({});
    const bool told = !capture && capture.error().mend.find("cap_net_raw") != std::string::npos;
    ::_exit(told ? 0 : capture ? 2 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "everybody may capture here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// Sends datagrams between two loopback addresses.
class Datagrams {
 public:
  explicit Datagrams(const char* ip) : file_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address_.sin_family = AF_INET;
    ::inet_pton(AF_INET, ip, &address_.sin_addr);
    ::bind(file_, reinterpret_cast<sockaddr*>(&address_), sizeof address_);
    socklen_t length = sizeof address_;
    ::getsockname(file_, reinterpret_cast<sockaddr*>(&address_), &length);
  }
  ~Datagrams() { ::close(file_); }
  void send(Bytes bytes) const {  // to itself
    EXPECT_EQ(
        ::sendto(file_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address_), sizeof address_),
        static_cast<ssize_t>(bytes.size()));
  }

 private:
  int file_;
  sockaddr_in address_{};
};

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> piece{};
  for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;)
    text.append(piece.data(), got);
  ::pclose(pipe);
  return text;
}

class LiveCapture : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ringwall-capture-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// Nothing (and the test is skipped) where captures are not allowed.
  std::unique_ptr<Capture> start(CaptureOptions options) {
    auto capture = Capture::start(std::move(options));
    if (capture) return std::move(*capture);
    EXPECT_THAT(capture.error().mend, HasSubstr("cap_net_raw")) << capture.error().text();
    return nullptr;
  }

  std::filesystem::path folder_;
};

TEST_F(LiveCapture, SeesEachPacketOnceAndNoOthers) {
  auto capture = start({.addresses = {"127.18.200.1"}, .keep = folder_ / "kept.pcap"});
  if (!capture) GTEST_SKIP() << "no right to capture";
  const Datagrams ours("127.18.200.1"), others("127.18.200.2");
  for (int i = 0; i < 50; ++i) {
    ours.send(crafted::rtp(static_cast<std::uint16_t>(i)));
    others.send(crafted::rtp(static_cast<std::uint16_t>(i)));
  }
  capture->stop();
  const auto frames = capture->drain();
  EXPECT_EQ(frames.size(), 50U);
  EXPECT_EQ(capture->counts().frames, 50U);
  EXPECT_EQ(capture->counts().drops(), 0U);
  for (const Captured& packet : crafted::parse_all(frames))
    EXPECT_EQ(packet.source.ip, "127.18.200.1");
  EXPECT_EQ(read_pcap(folder_ / "kept.pcap").value().size(), 50U);
}

TEST_F(LiveCapture, CountsWhatDoesNotFitTheRing) {
  auto capture = start({.addresses = {"127.18.200.3"}, .ring_bytes = 2'000});
  if (!capture) GTEST_SKIP() << "no right to capture";
  const Datagrams ours("127.18.200.3");
  for (int i = 0; i < 50; ++i)
    ours.send(Buffer(500, 1));
  capture->stop();
  const auto frames = capture->drain();
  EXPECT_LT(frames.size(), 4U);
  EXPECT_EQ(frames.size() + capture->counts().ring_drops, 50U);
}

/// Runs openssl s_server and s_client against each other while the capture runs.
class OpensslCapture : public LiveCapture, public testing::WithParamInterface<const char*> {
 protected:
  std::vector<Frame> exchange(Capture& capture, const std::string& version, const NetAddress& server) const {
    const std::string at = folder_.string();
    const std::string script = fmt::format(
        "cd {0} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days "
        "2 "
        "-subj /CN=edge -addext subjectAltName=DNS:edge.ringwall.test >/dev/null 2>&1\n"
        "openssl s_server -accept {1} -key k.pem -cert c.pem -{2} -rev -naccept 1 >/dev/null 2>&1 &\n"
        "server=$!\n"
        "for i in $(seq 100); do "
        "printf 'hello\\nCLOSE\\n' | timeout 5 openssl s_client -connect {1} -servername "
        "edge.ringwall.test -{2} "
        "-groups P-256 -ign_eof >/dev/null 2>&1 && break; kill -0 $server 2>/dev/null || break; sleep 0.1; done\n"
        "kill $server 2>/dev/null; wait $server 2>/dev/null; true",
        at, server.text(), version);
    EXPECT_EQ(std::system(script.c_str()), 0);
    capture.stop();
    return capture.drain();
  }
};

TEST_P(OpensslCapture, ReadsARealHandshakeAndAgreesWithTshark) {
  const std::string version = GetParam();
  // Each version has its own address: both tests may run at once, and each must see itself alone.
  const NetAddress server{version == "tls1_3" ? "127.18.200.4" : "127.18.200.5", 15061};
  auto capture = start({.addresses = {server.ip}, .keep = folder_ / "tls.pcap"});
  if (!capture) GTEST_SKIP() << "no right to capture";
  const auto frames = exchange(*capture, version, server);
  const auto packets = crafted::parse_all(frames);
  ASSERT_EQ(packets.size(), frames.size());
  const auto result = classify(packets, {.tls_ports = {server.port}}, {}, nullptr);

  const auto tls = std::ranges::find_if(result.connections, &TcpWire::tls);
  ASSERT_NE(tls, result.connections.end());
  EXPECT_EQ(tls->server, server);
  ASSERT_TRUE(tls->client_hello && tls->server_hello);
  EXPECT_EQ(tls->client_hello->server_name, "edge.ringwall.test");
  EXPECT_EQ(tls->server_hello->group, "P-256");
  EXPECT_EQ(tls->server_hello->version, version == "tls1_3" ? "TLSv1.3" : "TLSv1.2");
  EXPECT_TRUE(same_cipher(tls->server_hello->cipher,
                          version == "tls1_3" ? "TLS_AES_256_GCM_SHA384" : "ECDHE-ECDSA-AES256-GCM-SHA384"));
  if (version == "tls1_2") EXPECT_THAT(tls->server_names, Contains("edge.ringwall.test"));
  EXPECT_GT(tls->client_sent.application_records, 0U);
  EXPECT_EQ(tls->client_sent.plain_bytes + tls->server_sent.plain_bytes, 0U);
  EXPECT_EQ(count(result.counts, PacketClass::clear_sip), 0U);

  if (output_of("command -v tshark").empty()) GTEST_SKIP() << "tshark is not installed";
  const auto tshark = [&](const std::string& filter) {
    const std::string lines =
        output_of(fmt::format("tshark -r {} -o tcp.desegment_tcp_streams:FALSE -d tcp.port=={},tls -Y '{}' "
                              "-T fields -e frame.number 2>/dev/null",
                              (folder_ / "tls.pcap").string(), server.port, filter));
    return static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
  };
  EXPECT_EQ(tshark("ip"), packets.size());
  const std::string stream = fmt::format("tcp.port=={} && tcp.port=={}", tls->client.port, server.port);
  // Our class holds the segments of the connection without new bytes too.
  EXPECT_EQ(
      tshark(stream + " && (tls || tcp.len==0 || tcp.analysis.retransmission || tcp.analysis.spurious_retransmission)"),
      count(result.counts, PacketClass::tls));
  EXPECT_EQ(tshark("!(" + stream + ")"), count(result.counts, PacketClass::other));
}

INSTANTIATE_TEST_SUITE_P(Versions, OpensslCapture, testing::Values("tls1_3", "tls1_2"),
                         [](const auto& version) { return std::string(version.param); });

}  // namespace
}  // namespace ringwall::proof
