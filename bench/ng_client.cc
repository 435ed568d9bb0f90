#include "ng_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace ringwall::bench {
namespace {

/// rtpengine offers what it was offered first, then everything else it has: AEAD_AES_256_GCM comes second.
constexpr std::array<int, 2> tags{1, 2};

/// The relay's side in a description within JSON: "m=audio PORT " and "SUITE inline:KEY".
Result<RelaySide> read_side(const std::string& reply, std::size_t side, bool encrypted) {
  RelaySide out;
  const auto after = [&](const std::string& mark) {
    const auto at = reply.find(mark);
    return at == std::string::npos ? std::string() : reply.substr(at + mark.size(), 100);
  };
  const std::string port = after("m=audio "), key = after(std::string(media::print(suite_of(side))) + " inline:");
  out.port = parse_unsigned<std::uint16_t>(port.substr(0, port.find(' '))).value_or(0);
  if (!encrypted && out.port != 0) return out;
  std::string text = key.substr(0, key.find_first_of("|\\\"\r "));
  text.append((4 - text.size() % 4) % 4, '=');
  const auto bytes = parse_base64(text);
  if (out.port == 0 || !bytes || bytes->size() != media::lengths(suite_of(side)).key_and_salt())
    return fail("rtpengine gave no port or no key: " + reply);
  std::ranges::copy(*bytes, out.key.begin());
  return out;
}

}  // namespace

Result<NgClient> NgClient::connect(std::uint16_t port) {
  NgClient client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(client.fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(client.fd_, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0)
    return fail("cannot reach rtpengine", fmt::format("127.0.0.1:{}", port));
  return client;
}

NgClient::~NgClient() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> NgClient::ask(const std::string& command, const Offer& offer) {
  const std::string_view profile = offer.encrypted ? "RTP/SAVP" : "RTP/AVP";
  std::string sdp = fmt::format(
      "v=0\\r\\no=- 1 1 IN IP4 127.0.0.1\\r\\ns=-\\r\\nc=IN IP4 127.0.0.1\\r\\nt=0 0\\r\\nm=audio {} {} 0\\r\\n",
      offer.port, profile);
  if (offer.encrypted)
    sdp += fmt::format("a=crypto:{} {} inline:{}\\r\\n", tags.at(offer.side), media::print(suite_of(offer.side)),
                       print_base64(generator_key(offer.side).reveal()));
  const std::string cookie = fmt::format("{}_{}", ::getpid(), ++cookie_);
  const std::string request = fmt::format(
      R"({} {{"command":"{}","call-id":"{}","from-tag":"left"{},"sdp":"{}","ICE":"remove","DTLS":"off","transport-protocol":"{}"}})",
      cookie, command, offer.call_id, command == "answer" ? R"(,"to-tag":"right")" : "", sdp, profile);
  if (::send(fd_, request.data(), request.size(), 0) < 0) return fail("cannot send to rtpengine");
  std::string reply(65'536, '\0');
  const auto size = ::recv(fd_, reply.data(), reply.size(), 0);
  if (size <= 0) return fail("rtpengine does not answer");
  reply.resize(static_cast<std::size_t>(size));
  if (!reply.starts_with(cookie) || !reply.contains(R"("result":"ok")")) return fail("rtpengine refuses: " + reply);
  return reply;
}

Result<NgClient::Call> NgClient::call(std::uint16_t left_port, std::uint16_t right_port, bool encrypted) {
  const std::string id = fmt::format("call-{}-{}", ::getpid(), left_port);
  Call out;
  TRY(const std::string to_right, ask("offer", {id, left_port, 0, encrypted}));
  TRY(out.right, read_side(to_right, 1, encrypted));
  TRY(const std::string to_left, ask("answer", {id, right_port, 1, encrypted}));
  TRY(out.left, read_side(to_left, 0, encrypted));
  return out;
}

}  // namespace ringwall::bench
