#pragma once

#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

/// What a process has used, as its /proc folder says.
namespace ringwall::bench {

struct ProcessorTime {
  double all_us = 0;
  double media_us = 0, store_us = 0;  ///< of its threads of that name alone
};

/// Sums the scheduler's own accounts of the threads that live (in ns; /proc/PID/stat only counts ticks).
inline ProcessorTime processor_time(int process) {
  ProcessorTime out;
  std::error_code error;
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::string name;
    std::ifstream comm(task.path() / "comm"), account(task.path() / "schedstat");
    std::getline(comm, name);
    double ns = 0;
    account >> ns;
    out.all_us += ns / 1e3;
    if (name == "media") out.media_us += ns / 1e3;
    if (name == "store") out.store_us += ns / 1e3;
  }
  return out;
}

/// What it has allocated and touched; the pages of programs and libraries that it has read in do not count.
inline double allocated_kb(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  std::string name;
  while (file >> name) {
    double kb = 0;
    if (name == "RssAnon:" && file >> kb) return kb;
  }
  return 0;
}

inline bool pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(processor), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace ringwall::bench
