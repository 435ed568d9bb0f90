#include "tally.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "../processor_time.h"

namespace ringwall::bench {
namespace {

std::vector<int> tree(int process) {
  std::vector<int> all{process};
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::error_code error;
    const std::filesystem::path tasks = "/proc/" + std::to_string(all[i]) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
      std::ifstream children(task.path() / "children");
      for (int child = 0; children >> child;)
        all.push_back(child);
    }
  }
  return all;
}

double part(std::vector<float> values, double where) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(where * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

double tree_time_us(int process) {
  double sum = 0;
  for (const int one : tree(process))
    sum += processor_time(one).all_us;
  return sum;
}

double tree_memory_kb(int process) {
  double sum = 0;
  for (const int one : tree(process)) {
    std::ifstream file("/proc/" + std::to_string(one) + "/smaps_rollup");
    std::string word;
    double kb = 0;
    while (file >> word)
      if (word == "Pss:" && file >> kb) sum += kb;
  }
  return sum;
}

void Meter::begin() {
  server_us_ = tree_time_us(process_);
  own_us_ = processor_time(::getpid()).all_us;
  began_ = Clock::now();
}

void Meter::end(Tally& tally) const {
  tally.server_us = tree_time_us(process_) - server_us_;
  tally.own_us = processor_time(::getpid()).all_us - own_us_;
  tally.wall_us = std::chrono::duration<double, std::micro>(Clock::now() - began_).count();
}

void Tally::print(const std::string& what) const {
  std::string reasons;
  for (const auto& [why, count] : failures)
    reasons += fmt::format("{}\"{}\":{}", reasons.empty() ? "" : ",", why, count);
  const auto each = static_cast<double>(std::max<std::size_t>(good, 1));
  const double wall = std::max(wall_us, 1.0);
  fmt::print(
      "{{\"what\":\"{}\",\"units\":{},\"good\":{},\"value\":{:.2f},\"load\":{:.3f},\"generator_load\":{:.3f},"
      "\"per_second\":{:.1f},\"loss\":{:.5f},\"retransmissions\":{},\"late\":{},\"resumed\":{},\"kb\":{:.3f},"
      "\"p50_ms\":{:.2f},\"p99_ms\":{:.2f},\"failures\":{{{}}}}}\n",
      what, units, good, server_us / each, server_us / wall, own_us / wall, static_cast<double>(good) * 1e6 / wall,
      units == 0 ? 0.0 : 1.0 - static_cast<double>(good) / static_cast<double>(units), retransmissions, late, resumed,
      kb, part(milliseconds, 0.5), part(milliseconds, 0.99), reasons);
}

}  // namespace ringwall::bench
