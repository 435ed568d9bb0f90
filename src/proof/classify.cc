#include "proof/classify.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "proof/datagram.h"
#include "proof/tcp_stream.h"

namespace ringwall::proof {
namespace {

constexpr std::string_view class_names[packet_classes] = {"tls",  "srtp",      "srtcp",     "stun",
                                                          "dtls", "clear-sip", "clear-rtp", "other"};

using Pair = std::pair<NetAddress, NetAddress>;  ///< source, destination

/// Datagrams from one address to another.
struct UdpFlow {
  std::vector<Buffer> rtp, rtcp;  ///< wait for authenticate()
  std::uint64_t unknown = 0;
  bool sip = false;
  // A run of RTP: one source, consecutive sequence numbers (RFC 3550 appendix A.1 asks for two in order).
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  int run = 0;
};

constexpr int run_of_rtp = 3;

void follow_run(UdpFlow& flow, Bytes datagram) {
  ByteReader reader(datagram);
  reader.skip(2);
  const std::uint16_t sequence = reader.u16();
  reader.skip(4);
  const std::uint32_t ssrc = reader.u32();
  if (flow.run < run_of_rtp) {
    const bool follows = flow.run > 0 && ssrc == flow.ssrc && sequence == static_cast<std::uint16_t>(flow.sequence + 1);
    flow.run = follows ? flow.run + 1 : 1;
  }
  flow.ssrc = ssrc;
  flow.sequence = sequence;
}

std::uint16_t rtcp_port(std::uint16_t told, std::uint16_t rtp) {
  return told != 0 ? told : static_cast<std::uint16_t>(rtp + 1);
}

}  // namespace

std::string_view print(PacketClass packet_class) {
  return class_names[static_cast<std::size_t>(packet_class)];
}

struct Classifier::Core {
  explicit Core(ClassifyOptions given) : options(std::move(given)) {}

  void add_tcp(const Captured& packet);
  void add_udp(const Captured& packet);
  void wait(std::vector<Buffer>& queue, const Captured& packet);
  void count(PacketClass packet_class, std::uint64_t packets = 1) {
    result.counts[static_cast<std::size_t>(packet_class)] += packets;
  }
  void count_clear(PacketClass packet_class, Protocol protocol, const Pair& between, std::uint64_t packets,
                   const char* reason);
  void authenticate(const MediaPath& path, bool from_to, const Authenticate& function);
  void decide(std::vector<Buffer>& queue, const Pair& between, MediaKind kind, const std::vector<bool>& passed,
              MediaWire& wire, bool from_to);
  MediaWire& wire_of(const MediaPath& path);
  void close(const TcpConnection& connection);
  void finish_udp();
  [[nodiscard]] bool is_tls_port(std::uint16_t port) const {
    return std::ranges::find(options.tls_ports, port) != options.tls_ports.end();
  }
  [[nodiscard]] bool is_media_port(std::uint16_t port) const {
    return port >= options.media_port_low && port <= options.media_port_high;
  }
  [[nodiscard]] bool source_is_server(const Captured& packet) const;

  ClassifyOptions options;
  Classified result;
  std::map<Pair, TcpConnection> tcp;  ///< key: the smaller address first
  std::map<Pair, UdpFlow> udp;
  std::size_t waiting_bytes = 0;
};

Classifier::Classifier(ClassifyOptions options) : core_(std::make_unique<Core>(std::move(options))) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

void Classifier::add(const Captured& packet) {
  ++core_->result.packets;
  core_->result.fragments += packet.fragment ? 1 : 0;
  core_->result.truncated += packet.truncated ? 1 : 0;
  switch (packet.protocol) {
    case Protocol::tcp:
      return core_->add_tcp(packet);
    case Protocol::udp:
      return core_->add_udp(packet);
    case Protocol::other:  // SCTP, ICMP that quotes a packet, the later fragments of a datagram
      if (!holds_sip_text(packet.payload)) return core_->count(PacketClass::other);
      return core_->count_clear(PacketClass::clear_sip, Protocol::other, {packet.source, packet.destination}, 1,
                                "SIP text");
  }
}

bool Classifier::Core::source_is_server(const Captured& packet) const {
  if (packet.syn) return packet.ack;
  if (is_tls_port(packet.source.port) != is_tls_port(packet.destination.port)) return is_tls_port(packet.source.port);
  return packet.source.port < packet.destination.port;
}

void Classifier::Core::add_tcp(const Captured& packet) {
  const Pair key = std::minmax(packet.source, packet.destination);
  auto found = tcp.find(key);
  if (found != tcp.end() && found->second.is_restart(packet)) {  // the same ports again, for another connection
    found->second.finish();
    close(found->second);
    tcp.erase(found);
    found = tcp.end();
  }
  if (found == tcp.end()) {
    if (tcp.size() + result.connections.size() >= limits::capture_tcp_flows) {
      ++result.unexamined;
      if (!holds_sip_text(packet.payload)) return count(PacketClass::other);
      return count_clear(PacketClass::clear_sip, Protocol::tcp, {packet.source, packet.destination}, 1, "SIP text");
    }
    found = tcp.emplace(key, TcpConnection(packet, source_is_server(packet))).first;
  }
  found->second.receive(packet);
}

void Classifier::Core::close(const TcpConnection& connection) {
  connection.count_into(result.counts, result.clear);
  result.connections.push_back(connection.wire());
}

void Classifier::Core::add_udp(const Captured& packet) {
  const Pair key{packet.source, packet.destination};
  const DatagramShape shape = shape_of(packet.payload);
  auto found = udp.find(key);
  if (found == udp.end()) {
    if (udp.size() >= limits::capture_udp_flows) {
      ++result.unexamined;
      if (shape == DatagramShape::sip) return count_clear(PacketClass::clear_sip, Protocol::udp, key, 1, "SIP text");
      return count(PacketClass::other);
    }
    found = udp.emplace(key, UdpFlow{}).first;
  }
  UdpFlow& flow = found->second;
  switch (shape) {
    case DatagramShape::sip:
      flow.sip = true;
      return count_clear(PacketClass::clear_sip, Protocol::udp, key, 1, "SIP text");
    case DatagramShape::stun:
      return count(PacketClass::stun);
    case DatagramShape::dtls:
      return count(PacketClass::dtls);
    case DatagramShape::rtp:
      follow_run(flow, packet.payload);
      return wait(flow.rtp, packet);
    case DatagramShape::rtcp:
      return wait(flow.rtcp, packet);
    case DatagramShape::other:
      ++flow.unknown;
      return;
  }
}

void Classifier::Core::wait(std::vector<Buffer>& queue, const Captured& packet) {
  const std::size_t cost = packet.payload.size() + sizeof(Buffer);
  if (waiting_bytes + cost > limits::capture_waiting_bytes) {
    ++result.unexamined;
    return count_clear(PacketClass::clear_rtp, Protocol::udp, {packet.source, packet.destination}, 1,
                       "RTP that was not examined: too much waits");
  }
  waiting_bytes += cost;
  queue.push_back(packet.payload);
}

void Classifier::Core::count_clear(PacketClass packet_class, Protocol protocol, const Pair& between,
                                   std::uint64_t packets, const char* reason) {
  if (packets == 0) return;
  count(packet_class, packets);
  const auto same = std::ranges::find_if(result.clear, [&](const ClearFlow& flow) {
    return flow.packet_class == packet_class && flow.protocol == protocol && flow.source == between.first &&
           flow.destination == between.second && flow.reason == reason;
  });
  if (same != result.clear.end()) {
    same->packets += packets;
  } else {
    result.clear.push_back({packet_class, protocol, between.first, between.second, packets, reason});
  }
}

MediaWire& Classifier::Core::wire_of(const MediaPath& path) {
  const auto same = std::ranges::find_if(result.media, [&](const MediaWire& wire) {
    return wire.path.from == path.from && wire.path.to == path.to && wire.path.from_address == path.from_address &&
           wire.path.to_address == path.to_address;
  });
  if (same != result.media.end()) return *same;
  return result.media.emplace_back(MediaWire{.path = path});
}

void Classifier::authenticate(std::span<const MediaPath> paths, const Authenticate& authenticate) {
  for (const MediaPath& path : paths) {
    core_->authenticate(path, true, authenticate);
    core_->authenticate(path, false, authenticate);
  }
}

void Classifier::Core::authenticate(const MediaPath& path, bool from_to, const Authenticate& function) {
  MediaWire& wire = wire_of(path);
  NetAddress from = path.from_address, to = path.to_address;
  Pair media{from, to};
  from.port = rtcp_port(path.from_rtcp_port, from.port);
  to.port = rtcp_port(path.to_rtcp_port, to.port);
  Pair control{from, to};
  if (!from_to) {
    std::swap(media.first, media.second);
    std::swap(control.first, control.second);
  }
  for (const Pair& between : {media, control}) {
    const auto flow = udp.find(between);
    if (flow == udp.end()) continue;
    for (const MediaKind kind : {MediaKind::rtp, MediaKind::rtcp}) {
      auto& queue = kind == MediaKind::rtp ? flow->second.rtp : flow->second.rtcp;
      if (!queue.empty()) decide(queue, between, kind, function(path, from_to, kind, queue), wire, from_to);
    }
    if (media == control) break;
  }
}

void Classifier::Core::decide(std::vector<Buffer>& queue, const Pair& between, MediaKind kind,
                              const std::vector<bool>& passed, MediaWire& wire, bool from_to) {
  const std::uint64_t all = queue.size();
  const auto ends = passed.begin() + static_cast<std::ptrdiff_t>(std::min(passed.size(), queue.size()));
  const auto good = static_cast<std::uint64_t>(std::count(passed.begin(), ends, true));
  if (kind == MediaKind::rtp) {
    (from_to ? wire.packets_from : wire.packets_to) += all;
    (from_to ? wire.authenticated_from : wire.authenticated_to) += good;
  } else {
    wire.rtcp += all;
    wire.rtcp_authenticated += good;
  }
  count(kind == MediaKind::rtp ? PacketClass::srtp : PacketClass::srtcp, good);
  count_clear(PacketClass::clear_rtp, Protocol::udp, between, all - good,
              kind == MediaKind::rtp ? "RTP that does not authenticate" : "RTCP that does not authenticate");
  for (const Buffer& datagram : queue)
    waiting_bytes -= datagram.size() + sizeof(Buffer);
  queue.clear();
}

void Classifier::Core::finish_udp() {
  for (auto& [between, flow] : udp) {
    const std::uint64_t waiting = flow.rtp.size() + flow.rtcp.size();
    const bool media =
        is_media_port(between.first.port) || is_media_port(between.second.port) || flow.run >= run_of_rtp;
    if (media) {
      count_clear(PacketClass::clear_rtp, Protocol::udp, between, waiting, "RTP of no known leg");
    } else {
      count(PacketClass::other, waiting);
    }
    if (flow.sip) {  // keep-alives between the messages
      count_clear(PacketClass::clear_sip, Protocol::udp, between, flow.unknown, "SIP text");
    } else {
      count(PacketClass::other, flow.unknown);
    }
  }
  udp.clear();
}

Classified Classifier::finish() {
  for (auto& [key, connection] : core_->tcp) {
    connection.finish();
    core_->close(connection);
  }
  core_->tcp.clear();
  core_->finish_udp();
  core_->waiting_bytes = 0;
  return std::exchange(core_->result, {});
}

Classified classify(std::span<const Captured> packets, const ClassifyOptions& options, std::span<const MediaPath> paths,
                    const Authenticate& authenticate) {
  Classifier classifier(options);
  for (const Captured& packet : packets)
    classifier.add(packet);
  classifier.authenticate(paths, authenticate);
  return classifier.finish();
}

}  // namespace ringwall::proof
