#pragma once

#include <algorithm>
#include <bit>
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
  /// 0 while there is plenty; 1 when seven eighths are used, which is the time to agree on another key; one more each
  /// time when half of what was left is used too.
  [[nodiscard]] unsigned urgency() const { return std::max(rtp_.urgency(), rtcp_.urgency()); }

 private:
  struct Count {
    std::uint64_t most, used = 0;
    [[nodiscard]] unsigned urgency() const {
      const std::uint64_t left = most - used;
      if (left > most / 8) return 0;
      return 1 + halvings(most / 8) - halvings(left);
    }
    /// How often `packets` can be halved, rounded up, until one is left.
    static unsigned halvings(std::uint64_t packets) {
      return static_cast<unsigned>(std::bit_width(std::max<std::uint64_t>(packets, 1) - 1));
    }
  };
  Count rtp_, rtcp_;
};

}  // namespace ringwall::media
