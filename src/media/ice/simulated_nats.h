#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "media/ice/ice_agent.h"

/// For tests: agents on a network with delay, loss, duplicates and address translators, in virtual time.
namespace ringwall::media {

using namespace std::chrono_literals;

inline PacketAddress at(std::string_view text) {
  return *to_packet_address(*parse_net_address(text));
}

/// RFC 4787 by its older names.
enum class NatKind : std::uint8_t { none, full_cone, address_restricted, port_restricted, symmetric };

/// One translator: what an inner address looks like outside, and whom it lets in.
class Nat {
 public:
  Nat(NatKind kind, std::string outer_ip) : kind_(kind), outer_ip_(std::move(outer_ip)) {}

  PacketAddress outward(const PacketAddress& inner, const PacketAddress& to) {
    const std::string key = text(inner) + (kind_ == NatKind::symmetric ? text(to) : "");
    const auto [entry, fresh] = mappings_.try_emplace(key, Mapping{inner, next_port_, {}});
    if (fresh) ++next_port_;
    entry->second.called.insert(text(to));
    entry->second.called.insert(to_net_address(to).ip);
    return outer(entry->second.port);
  }
  /// The inner address, if the packet may pass.
  std::optional<PacketAddress> inward(const PacketAddress& to, const PacketAddress& from) const {
    for (const auto& [key, mapping] : mappings_) {
      if (mapping.port != to.port) continue;
      if (kind_ == NatKind::full_cone) return mapping.inner;
      const bool by_address = kind_ == NatKind::address_restricted;
      if (mapping.called.contains(by_address ? to_net_address(from).ip : text(from))) return mapping.inner;
    }
    return std::nullopt;
  }
  void forget() {  // as after a restart: other ports from here on
    mappings_.clear();
    next_port_ += 1000;
  }
  [[nodiscard]] const std::string& outer_ip() const { return outer_ip_; }
  [[nodiscard]] NatKind kind() const { return kind_; }

 private:
  struct Mapping {
    PacketAddress inner;
    std::uint16_t port;
    std::set<std::string> called;
  };
  static std::string text(const PacketAddress& address) { return to_net_address(address).text(); }
  [[nodiscard]] PacketAddress outer(std::uint16_t port) const { return *to_packet_address({outer_ip_, port}); }

  NatKind kind_;
  std::string outer_ip_;
  std::map<std::string, Mapping> mappings_;
  std::uint16_t next_port_ = 40'000;
};

class IceWorld {
 public:
  explicit IceWorld(std::uint64_t seed = 1) : random(seed) {}

  struct Host {
    std::string ufrag, password, ip;
    PacketAddress rtp, rtcp;
    std::unique_ptr<Nat> nat;
    std::unique_ptr<IceAgent> agent;
    std::vector<IceAgent::Event> events;
    std::size_t sent = 0;
    std::deque<std::pair<Buffer, PacketAddress>> heard;  ///< what came in, newest last
  };

  Host& add(std::string ip, NatKind nat = NatKind::none) {
    Host& host = hosts.emplace_back();
    const std::size_t number = hosts.size();
    host.ip = std::move(ip);
    renew(host);
    host.rtp = *to_packet_address({host.ip, 20'000});
    host.rtcp = *to_packet_address({host.ip, 20'001});
    if (nat != NatKind::none) host.nat = std::make_unique<Nat>(nat, fmt::format("203.0.113.{}", number));
    return host;
  }
  void renew(Host& host) {
    host.ufrag = fmt::format("u{:08x}", random() & 0xffff'ffff);
    host.password = fmt::format("{:016x}{:016x}", random(), random());
  }

  /// A host candidate, and behind a translator the server-reflexive one that a STUN server would have told.
  std::vector<IceCandidate> candidates(Host& host, bool mux, bool reflexive = true) {
    std::vector<IceCandidate> out;
    for (std::uint16_t component = 1; component <= (mux ? 1 : 2); ++component) {
      const PacketAddress& own = component == 1 ? host.rtp : host.rtcp;
      out.push_back({"1",
                     component,
                     (126u << 24) + (65'535u << 8) + 256u - component,
                     to_net_address(own),
                     IceCandidate::Type::host,
                     {}});
      if (host.nat && reflexive)
        out.push_back({"2", component, (100u << 24) + (65'535u << 8) + 256u - component,
                       to_net_address(host.nat->outward(own, at("198.51.100.1:3478"))), IceCandidate::Type::srflx,
                       to_net_address(own)});
    }
    return out;
  }

  IceParameters parameters(const Host& host, Host& peer, bool controlling, bool mux = true, bool reflexive = true) {
    return {.local_ufrag = host.ufrag,
            .local_password = Secret(std::string_view(host.password)),
            .remote_ufrag = peer.ufrag,
            .remote_password = Secret(std::string_view(peer.password)),
            .remote_candidates = candidates(peer, mux, reflexive),
            .controlling = controlling};
  }
  void start(Host& host, IceParameters parameters, bool mux = true) {
    host.agent = std::make_unique<IceAgent>(IceAgentOptions{host.rtp, host.rtcp, mux, random(),
                                                            [this](MutableBytes out) {
                                                              for (auto& byte : out)
                                                                byte = static_cast<std::uint8_t>(random());
                                                            }},
                                            parameters, now);
  }

  void run(Duration time) {
    for (const Time end = now + time; now < end; now += 10ms) {
      deliver();
      for (Host& host : hosts) {
        if (!host.agent) continue;
        host.agent->expire(now);
        drain(host);
      }
    }
  }
  /// Until `done`, at most `time`; whether it came to be.
  template <class Condition>
  bool run_until(Duration time, Condition done) {
    for (const Time end = now + time; now < end && !done();)
      run(10ms);
    return done();
  }
  void drain(Host& host) {
    while (const auto out = host.agent->poll_transmit())
      send(host, out->component == 1 ? host.rtp : host.rtcp, out->to, to_buffer(out->message.bytes()));
    while (const auto event = host.agent->poll_event())
      host.events.push_back(*event);
  }

  /// Where a packet from `host` seems to come from when `to` sees it.
  static PacketAddress seen_from(Host& host, const PacketAddress& own, const PacketAddress& to) {
    return host.nat ? host.nat->outward(own, to) : own;
  }
  /// Whether media of `from` to where its agent says reaches `to`.
  bool reaches(Host& from, Host& to, std::uint16_t component = 1) {
    const auto target = from.agent->target(component);
    if (!target) return false;
    const PacketAddress source = seen_from(from, component == 1 ? from.rtp : from.rtcp, *target);
    const auto [host, own] = owner(*target, source);
    return host == &to && own == (component == 1 ? to.rtp : to.rtcp) && to.agent->is_valid_source(source, component);
  }

  std::deque<Host> hosts;
  std::mt19937_64 random;
  Time now{1h};
  double loss = 0;
  bool cut = false;  ///< nothing passes
  Duration least_delay = 10ms, most_delay = 40ms;

 private:
  struct Packet {
    Time when;
    PacketAddress from, to;
    Buffer bytes;
  };

  std::pair<Host*, PacketAddress> owner(const PacketAddress& to, const PacketAddress& from) {
    for (Host& host : hosts) {
      if (!host.nat && (host.rtp == to || host.rtcp == to)) return {&host, to};
      if (!host.nat || host.nat->outer_ip() != to_net_address(to).ip) continue;
      const auto inner = host.nat->inward(to, from);
      return inner ? std::pair{&host, *inner} : std::pair<Host*, PacketAddress>{};
    }
    return {};
  }
  void send(Host& host, const PacketAddress& own, const PacketAddress& to, Buffer bytes) {
    ++host.sent;
    const PacketAddress from = seen_from(host, own, to);
    const int copies = random() % 20 == 0 ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const bool lost = cut || std::uniform_real_distribution<>(0, 1)(random) < loss;
      const auto span = static_cast<std::uint64_t>((most_delay - least_delay).count());
      if (!lost) packets_.push_back({now + least_delay + Duration(random() % (span + 1)), from, to, bytes});
    }
  }
  void deliver() {
    for (std::size_t i = 0; i < packets_.size();) {
      if (packets_[i].when > now) {
        ++i;
        continue;
      }
      const Packet packet = std::move(packets_[i]);
      packets_.erase(packets_.begin() + static_cast<std::ptrdiff_t>(i));
      const auto [host, own] = owner(packet.to, packet.from);
      if (host == nullptr || !host->agent) continue;
      host->heard.emplace_back(packet.bytes, packet.from);
      host->agent->receive(packet.bytes, packet.from, own == host->rtp ? 1 : 2, now);
      drain(*host);
    }
  }

  std::deque<Packet> packets_;
};

}  // namespace ringwall::media
