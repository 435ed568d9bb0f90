#pragma once

#include <sys/time.h>

#include <ctime>
#include <optional>

#include "base/time.h"

/// OpenSSL reads the system's clock for the timers of DTLS. A test program that includes this header stands in for that
/// clock: the program's gettimeofday comes before libc's. (Weak, so that several files may include it.)
namespace ringwall::crypto::test {

inline thread_local std::optional<Time> openssl_time;  ///< nothing: the true time

}  // namespace ringwall::crypto::test

extern "C" [[gnu::weak]] int gettimeofday(timeval* out, void*) noexcept {
  using namespace std::chrono;
  nanoseconds since{};
  if (const auto& set = ringwall::crypto::test::openssl_time) {
    since = set->time_since_epoch() + hours(24);  // a time of zero means "no timer" to OpenSSL
  } else {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    since = seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
  }
  out->tv_sec = duration_cast<seconds>(since).count();
  out->tv_usec = duration_cast<microseconds>(since % seconds(1)).count();
  return 0;
}
