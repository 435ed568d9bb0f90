#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"

/// The random source of the process (OpenSSL's, seeded by the kernel). Protocol cores take its output as an argument.
/// A random source that fails stops the process: nothing safe can be done without one.
namespace ringwall::crypto {

void random_bytes(MutableBytes out);
std::uint64_t random_u64();
/// `size` bytes from the generator that OpenSSL keeps apart for private values.
Secret random_key(std::size_t size);

}  // namespace ringwall::crypto
