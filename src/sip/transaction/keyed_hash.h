#pragma once

#include <cstdint>
#include <string_view>

namespace ringwall::sip {

/// A secret that peers cannot guess, so that they cannot choose keys that collide.
struct HashKey {
  std::uint64_t low = 0, high = 0;
};

/// SipHash-1-3 of a text (Aumasson and Bernstein), for hash tables whose keys come from peers.
std::uint64_t keyed_hash(const HashKey& key, std::string_view text);

/// Joins two hashes into one.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ b) * 0x9e3779b97f4a7c15U + (a >> 29);
}

}  // namespace ringwall::sip
