#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/net_address.h"
#include "base/time.h"
#include "channel.h"

namespace ringwall::bench {

/// What is to be loaded, and how.
struct LoadOptions {
  std::string transport = "tls";  ///< tls, tcp or udp
  NetAddress server, answerer;    ///< where requests go, and where the called side listens
  std::string domain = "bench.test";
  std::string password = "spring-gate";
  Credentials credentials;
  int process = 0;  ///< whose tree is measured
  std::size_t connections = 32;
  std::size_t count = 5'000, warm_up = 500;  ///< units that count, and units before them
  double rate = 500;                         ///< new units a second
  std::size_t in_flight = 16;                ///< of handshakes and bindings
  bool resume = false;
};

/// What became of it. Printed as one JSON object.
struct Tally {
  std::size_t units = 0, good = 0, resumed = 0, retransmissions = 0, late = 0;
  std::map<std::string, std::size_t> failures;
  std::vector<float> milliseconds;  ///< of each good unit
  double server_us = 0, own_us = 0, wall_us = 0, kb = 0;

  void print(const std::string& what) const;
};

/// Measures the server and the generator between two points in time.
class Meter {
 public:
  explicit Meter(int process) : process_(process) {}
  void begin();
  void end(Tally& tally) const;
  [[nodiscard]] bool running() const { return began_ != Time{}; }

 private:
  int process_;
  double server_us_ = 0, own_us_ = 0;
  Time began_{};
};

/// What the process and its children use: processor time, and memory (proportional set size, so that what the
/// processes of one server share counts once).
double tree_time_us(int process);
double tree_memory_kb(int process);

}  // namespace ringwall::bench
