#include "crypto/random.h"

#include <openssl/rand.h>

#include <climits>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace ringwall::crypto {

void random_bytes(MutableBytes out) {
  CHECK(out.size() <= INT_MAX);
  CHECK(out.empty() || RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

std::uint64_t random_u64() {
  std::uint8_t bytes[8];
  random_bytes(bytes);
  return ByteReader(bytes).u64();
}

RandomPool::~RandomPool() {
  explicit_bzero(numbers_.data(), sizeof numbers_);
}

std::uint64_t RandomPool::next() {
  if (left_ == 0) {
    random_bytes({reinterpret_cast<std::uint8_t*>(numbers_.data()), sizeof numbers_});
    left_ = numbers_.size();
  }
  return std::exchange(numbers_[--left_], 0);
}

Secret random_key(std::size_t size) {
  CHECK(size <= INT_MAX);
  Secret key{Buffer(size)};
  CHECK(size == 0 || RAND_priv_bytes(key.reveal_mutable().data(), static_cast<int>(size)) == 1);
  return key;
}

}  // namespace ringwall::crypto
