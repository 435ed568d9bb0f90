#include "sip/message/block_pool.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

namespace ringwall::sip {
namespace {

constexpr std::size_t step = 512;
constexpr std::size_t classes = 12;  // up to 6 kB: nearly all messages
constexpr std::size_t kept = 16;     // of each size

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// Nothing is kept, so that a view into a message that is gone is seen.
constexpr bool keeps = false;
#else
constexpr bool keeps = true;
#endif
#else
constexpr bool keeps = true;
#endif

struct Row {
  std::array<void*, kept> blocks{};
  std::size_t count = 0;
};

struct Pool {
  std::array<Row, classes> rows{};
  ~Pool() {
    for (Row& row : rows)
      while (row.count > 0)
        ::operator delete(row.blocks[--row.count]);
  }
};

/// The row of a size; `classes` for one that is not kept.
std::size_t row_of(std::size_t size) {
  return size == 0 ? 0 : std::min((size - 1) / step, classes);
}

Pool& pool() {
  static thread_local Pool mine;
  return mine;
}

}  // namespace

void* take_block(std::size_t size) {
  const std::size_t at = row_of(size);
  if (!keeps || at == classes) return ::operator new(size);
  Row& row = pool().rows[at];
  return row.count > 0 ? row.blocks[--row.count] : ::operator new((at + 1) * step);
}

void give_block(void* block, std::size_t size) noexcept {
  const std::size_t at = row_of(size);
  if (keeps && at < classes) {
    Row& row = pool().rows[at];
    if (row.count < kept) {
      row.blocks[row.count++] = block;
      return;
    }
  }
  ::operator delete(block);
}

}  // namespace ringwall::sip
