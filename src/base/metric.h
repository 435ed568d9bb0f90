#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ringwall {

/// A number that only grows. Adding to it is lock-free.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// All counters of the process by name, e.g. `ringwall_tls_handshakes_refused_total{reason="unknown-ca"}`.
/// Look a counter up once and keep the reference: it lives as long as the process.
class Metrics {
 public:
  static Metrics& instance();
  Counter& counter(const std::string& name, const std::string& labels = {});
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> snapshot() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Counter> counters_;
};

}  // namespace ringwall
