#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

#include "media/codec/g711.h"
#include "media/session/leg.h"

/// Legs and a network between them, for their tests.
namespace ringwall::media::test {

using namespace std::chrono_literals;

inline Secret key_for(Suite suite, std::uint8_t salt) {
  Buffer key(lengths(suite).key_and_salt());
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i * 31 + salt);
  return Secret(std::move(key));
}

inline NetAddress address(int host, std::uint16_t port = 20'000) {
  return {fmt::format("127.0.0.{}", host), port};
}
inline PacketAddress packet_address(int host, std::uint16_t port = 20'000) {
  return *to_packet_address(address(host, port));
}

/// Legs by their address, and a network between them without loss or delay.
class World {
 public:
  Leg& add(int host) {
    legs_[host] = std::make_unique<Leg>(LegIdentity{.id = LegId{static_cast<std::uint64_t>(host)},
                                                    .local = address(host),
                                                    .ssrc = 0x1000u + static_cast<std::uint32_t>(host),
                                                    .sequence = 0x7ff0,
                                                    .timestamp = 0xffff'ff00,
                                                    .seed = static_cast<std::uint32_t>(host),
                                                    .cname = "leg"},
                                        now);
    return *legs_[host];
  }

  Leg& at(int host) { return *legs_.at(host); }

  /// Keys for the pair a-b; `salt` tells generations apart.
  void connect(int a, int b, Suite suite, std::uint8_t salt = 1, Codec codec = Codec::pcmu, bool digits = true) {
    legs_[a]->configure(parameters(b, suite, key_for(suite, salt), key_for(suite, salt + 100), codec, digits), now);
    legs_[b]->configure(parameters(a, suite, key_for(suite, salt + 100), key_for(suite, salt), codec, digits), now);
  }
  static LegParameters parameters(int peer, Suite suite, Secret local, Secret remote, Codec codec = Codec::pcmu,
                                  bool digits = true) {
    return {
        .remote = address(peer),
        .codec = codec,
        .payload_type = static_cast<std::uint8_t>(codec == Codec::pcmu ? 0 : 8),
        .dtmf_payload_type = digits ? std::optional<std::uint8_t>(static_cast<std::uint8_t>(100 + peer)) : std::nullopt,
        .security = SrtpKeys{suite, std::move(local), std::move(remote)}};
  }
  static LegParameters clear(int peer) {
    return {.remote = address(peer),
            .codec = Codec::pcmu,
            .payload_type = 0,
            .dtmf_payload_type = 101,
            .security = std::string("pstn")};
  }

  void run(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 20ms, now += 20ms)
      for (auto& [host, leg] : legs_) {
        leg->tick(now, out);
        drain();
      }
  }
  void inject(int to, Buffer bytes, PacketAddress from, bool rtcp = false) {
    legs_[to]->receive(bytes, rtcp, from, now, out);
    drain();
  }

  struct Sent {
    int from;
    bool rtcp;
    PacketAddress to;
    Buffer bytes;
  };

  Time now = Time{} + 100'000s;
  Outbox out;
  std::vector<Event> events;
  std::vector<Sent> wire;
  bool deliver = true;
  std::function<bool(const Sent&)> loses;  ///< packets of which it is true do not arrive

 private:
  void drain() {
    std::deque<Sent> waiting;
    const auto collect = [&] {
      for (const Outbox::Packet& packet : out.packets())
        waiting.push_back(
            {static_cast<int>(packet.leg->id().value), packet.rtcp, packet.to,
             Buffer(packet.bytes.begin(), packet.bytes.begin() + static_cast<std::ptrdiff_t>(packet.size))});
      out.clear_packets();
      events.insert(events.end(), out.events.begin(), out.events.end());
      out.events.clear();
    };
    for (collect(); !waiting.empty(); collect()) {
      Sent packet = std::move(waiting.front());
      waiting.pop_front();
      wire.push_back(packet);
      const int host = packet.to.ip[3];
      if (!deliver || !legs_.contains(host) || (loses && loses(packet))) continue;
      legs_[host]->receive(packet.bytes, packet.rtcp, packet_address(packet.from, packet.rtcp ? 20'001 : 20'000), now,
                           out);
    }
  }

  std::map<int, std::unique_ptr<Leg>> legs_;
};

template <class T>
std::vector<T> of_kind(const std::vector<Event>& events) {
  std::vector<T> out;
  for (const Event& event : events)
    if (const T* found = std::get_if<T>(&event)) out.push_back(*found);
  return out;
}

inline Pcm tone_clip(double hz, std::size_t samples) {
  std::vector<std::int16_t> clip(samples);
  ToneGenerator(hz).fill(clip);
  return std::make_shared<const std::vector<std::int16_t>>(std::move(clip));
}

/// 1 -- (2 relay 3) -- 4
struct Relay : World {
  explicit Relay(Suite left, Suite right, Codec left_codec = Codec::pcmu, Codec right_codec = Codec::pcmu) {
    for (const int host : {1, 2, 3, 4})
      add(host);
    connect(1, 2, left, 1, left_codec);
    connect(3, 4, right, 2, right_codec);
    Leg::relay(leg(2), leg(3));
  }
  Leg& leg(int host) { return *by_host.at(host); }
  Leg& add(int host) {
    Leg& made = World::add(host);
    by_host[host] = &made;
    return made;
  }
  std::map<int, Leg*> by_host;
};

inline Buffer captured_from(const World& world, int host, std::size_t skip) {
  for (const auto& sent : world.wire)
    if (sent.from == host && !sent.rtcp && skip-- == 0) return sent.bytes;
  return {};
}

}  // namespace ringwall::media::test
