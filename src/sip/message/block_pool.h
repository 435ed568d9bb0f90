#pragma once

#include <cstddef>

namespace ringwall::sip {

/// Memory for one message. What a message gave back is kept, a little of each size, for the next one of this thread:
/// it is in the cache still, and to ask the allocator for blocks of this size costs more than reading a short message.
void* take_block(std::size_t size);
/// `size` as it was asked for.
void give_block(void* block, std::size_t size) noexcept;

}  // namespace ringwall::sip
