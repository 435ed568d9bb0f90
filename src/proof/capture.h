#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "proof/packet.h"

namespace ringwall::proof {

struct CaptureOptions {
  std::vector<std::string> interfaces = {"lo"};
  std::vector<std::string> addresses;  ///< only packets from or to one of these IP addresses; empty: everything
  std::size_t ring_bytes = 64 << 20;   ///< frames that wait for drain(); what does not fit is dropped and counted
  std::filesystem::path keep;          ///< also write every frame to this pcap file; empty: do not
};

struct CaptureCounts {
  std::uint64_t frames = 0;        ///< handed to us
  std::uint64_t kernel_drops = 0;  ///< pcap_stats: ps_drop + ps_ifdrop
  std::uint64_t ring_drops = 0;    ///< did not fit the ring
  std::uint64_t write_errors = 0;  ///< could not be written to `keep`
  [[nodiscard]] std::uint64_t drops() const { return kernel_drops + ring_drops; }
};

/// A live capture. One thread per interface reads; the owner drains whenever it likes.
class Capture {
 public:
  /// Without the right to capture the error says how to get it (root, or setcap cap_net_raw).
  [[nodiscard]] static Result<std::unique_ptr<Capture>> start(CaptureOptions options);
  ~Capture();
  Capture(const Capture&) = delete;

  /// The frames since the last drain, in the order of their arrival.
  [[nodiscard]] std::vector<Frame> drain();
  /// Waits until the frames that are already on the wire have been read, then ends the capture. drain() once more after
  /// it.
  void stop();
  [[nodiscard]] CaptureCounts counts() const;

 private:
  struct Core;
  explicit Capture(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

/// The BPF expression for `addresses` ("host a or host b"); refuses what is no IP address.
[[nodiscard]] Result<std::string> capture_filter(const std::vector<std::string>& addresses);

}  // namespace ringwall::proof
