#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"

/// The random source of the process (OpenSSL's, seeded by the kernel). Protocol cores take its output as an argument.
/// A random source that fails stops the process: nothing safe can be done without one.
namespace ringwall::crypto {

void random_bytes(MutableBytes out);
std::uint64_t random_u64();

/// random_u64() at less cost for one thread: draws many numbers at once. Each is wiped when it is given out.
class RandomPool {
 public:
  RandomPool() = default;
  ~RandomPool();
  RandomPool(const RandomPool&) {}  ///< a copy draws its own
  RandomPool& operator=(const RandomPool&) = delete;
  std::uint64_t next();

 private:
  std::array<std::uint64_t, 64> numbers_{};
  std::size_t left_ = 0;
};

/// `size` bytes from the generator that OpenSSL keeps apart for private values.
Secret random_key(std::size_t size);

}  // namespace ringwall::crypto
