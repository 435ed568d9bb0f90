#pragma once

#include <map>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "media/rtp/rtp_packet.h"

namespace ringwall::media {

/// A network in virtual time: each packet is lost, doubled and delayed by chance that a seed decides.
class ImpairedPath {
 public:
  struct Faults {
    double loss = 0, copies = 0;  ///< shares
    int jitter_ms = 0;            ///< each packet is late by 0 to this: with more than 20 they overtake each other
    int burst = 1;                ///< packets that are lost together
    std::uint32_t seed = 1;
  };
  struct Packet {
    RtpHeader header;
    Buffer payload;
  };

  explicit ImpairedPath(Faults faults) : faults_(faults), random_(faults.seed) {}

  void send(const RtpHeader& header, Bytes payload, Time now) {
    if (losing_ > 0 || chance() < faults_.loss / faults_.burst) {
      losing_ = losing_ > 0 ? losing_ - 1 : faults_.burst - 1;
      return;
    }
    const int copies = chance() < faults_.copies ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const auto late = std::chrono::microseconds(static_cast<int>(chance() * 1'000 * faults_.jitter_ms));
      under_way_.emplace(now + late, Packet{header, Buffer(payload.begin(), payload.end())});
    }
  }
  /// What has arrived by `now`, as it came.
  std::vector<Packet> arrived(Time now) {
    std::vector<Packet> out;
    for (; !under_way_.empty() && under_way_.begin()->first <= now; under_way_.erase(under_way_.begin()))
      out.push_back(std::move(under_way_.begin()->second));
    return out;
  }

 private:
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Faults faults_;
  std::mt19937 random_;
  int losing_ = 0;
  std::multimap<Time, Packet> under_way_;
};

}  // namespace ringwall::media
