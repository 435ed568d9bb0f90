#pragma once

#include <algorithm>
#include <cstdint>

namespace ringwall::media {

/// How much one master key has protected, and how much it may (RFC 3711 sections 8.2 and 9.2). SRTP and SRTCP are
/// counted apart; whichever ends first ends the key.
class KeyUsage {
 public:
  static constexpr std::uint64_t most_rtp = std::uint64_t{1} << 48;
  static constexpr std::uint64_t most_rtcp = std::uint64_t{1} << 31;

  /// `lifetime`: packets of either kind, as agreed; 0: what the RFC allows at most.
  explicit KeyUsage(std::uint64_t lifetime = 0)
      : rtp_{.most = lifetime == 0 ? most_rtp : std::min(lifetime, most_rtp)},
        rtcp_{.most = lifetime == 0 ? most_rtcp : std::min(lifetime, most_rtcp)} {}

  [[nodiscard]] bool rtp_left() const { return rtp_.used < rtp_.most; }
  [[nodiscard]] bool rtcp_left() const { return rtcp_.used < rtcp_.most; }
  void count_rtp() { ++rtp_.used; }
  void count_rtcp() { ++rtcp_.used; }
  /// Seven eighths are used: time to agree on another.
  [[nodiscard]] bool nearly_used() const { return rtp_.nearly_used() || rtcp_.nearly_used(); }

 private:
  struct Count {
    std::uint64_t most, used = 0;
    [[nodiscard]] bool nearly_used() const { return used >= most - most / 8; }
  };
  Count rtp_, rtcp_;
};

}  // namespace ringwall::media
