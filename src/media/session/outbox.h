#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "media/session/packet_address.h"
#include "media/srtp/suite.h"
#include "media/types.h"

namespace ringwall::media {

class Leg;

/// Where the legs of one thread put what leaves them. The owner drains it when it is nearly full, and before
/// a leg goes.
class Outbox {
 public:
  struct Packet {
    Leg* leg = nullptr;  ///< the leg that sends it
    bool rtcp = false;   ///< from the RTCP port
    PacketAddress to;
    std::size_t size = 0;
    std::array<std::uint8_t, limits::rtp_packet_bytes + srtp_expansion> bytes;
  };

  /// A packet to fill in; take_back() if it is not to leave after all. One call of a leg makes at most
  /// `most_of_a_call`.
  Packet& add() {
    CHECK(used_ < most);
    return packets_[used_++];
  }
  void take_back() { --used_; }
  /// Room for packets that may as well leave later.
  [[nodiscard]] std::size_t room() const { return most - used_; }
  /// Time to drain it: the next call of a leg may not find room enough.
  [[nodiscard]] bool nearly_full() const { return room() < most_of_a_call; }
  [[nodiscard]] std::span<const Packet> packets() const { return std::span(packets_).first(used_); }
  void clear_packets() { used_ = 0; }

  std::vector<Event> events;

 private:
  static constexpr std::size_t most_of_a_call = 8;
  static constexpr std::size_t most = 32 + most_of_a_call;
  std::array<Packet, most> packets_;
  std::size_t used_ = 0;
};

}  // namespace ringwall::media
