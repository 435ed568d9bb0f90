#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "relay_generator.h"

namespace ringwall::bench {

/// Asks rtpengine for calls over its "ng" control protocol: JSON in UDP datagrams, each behind a cookie and a space.
class NgClient {
 public:
  /// The port where it listens on 127.0.0.1.
  static Result<NgClient> connect(std::uint16_t port);
  NgClient(NgClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~NgClient();

  struct Call {
    RelaySide left, right;
  };
  /// One call between two ports of 127.0.0.1, by an offer under left_suite and an answer under right_suite, or both in
  /// plain RTP.
  Result<Call> call(std::uint16_t left_port, std::uint16_t right_port, bool encrypted);

 private:
  explicit NgClient(int fd) : fd_(fd) {}
  struct Offer {
    std::string call_id;
    std::uint16_t port = 0;
    std::size_t side = 0;
    bool encrypted = true;
  };
  Result<std::string> ask(const std::string& command, const Offer& offer);

  int fd_;
  std::uint64_t cookie_ = 0;
};

}  // namespace ringwall::bench
