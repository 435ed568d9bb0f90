#include "base/metric.h"

namespace ringwall {

Metrics& Metrics::instance() {
  static Metrics metrics;
  return metrics;
}

Counter& Metrics::counter(const std::string& name, const std::string& labels) {
  const std::lock_guard lock(mutex_);
  return counters_[labels.empty() ? name : name + "{" + labels + "}"];
}

std::vector<std::pair<std::string, std::uint64_t>> Metrics::snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::uint64_t>> out;
  out.reserve(counters_.size());
  for (const auto& [name, counter] : counters_)
    out.emplace_back(name, counter.value());
  return out;
}

}  // namespace ringwall
