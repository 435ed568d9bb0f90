#include "sip/message/scan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ringwall::sip {
namespace {

constexpr std::size_t block_bytes = 64;

/// One bit for each byte of a block.
struct LineBits {
  std::uint64_t carriage_returns = 0;
  std::uint64_t line_feeds = 0;
  bool nul = false;  ///< one of the bytes is 0
};

#if defined(__SSE2__)

__m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

std::uint64_t equal_bits(__m128i bytes, char wanted) {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted))));
}

LineBits line_bits(const char* block) {
  LineBits out;
  __m128i least = load(block);
  for (int part = 0; part < 4; ++part) {
    const __m128i bytes = load(block + part * 16);
    out.carriage_returns |= equal_bits(bytes, '\r') << (part * 16);
    out.line_feeds |= equal_bits(bytes, '\n') << (part * 16);
    least = _mm_min_epu8(least, bytes);
  }
  out.nul = equal_bits(least, '\0') != 0;
  return out;
}

#else

LineBits line_bits(const char* block) {
  LineBits out;
  for (std::size_t at = 0; at < block_bytes; ++at) {
    out.carriage_returns |= static_cast<std::uint64_t>(block[at] == '\r') << at;
    out.line_feeds |= static_cast<std::uint64_t>(block[at] == '\n') << at;
    out.nul = out.nul || block[at] == '\0';
  }
  return out;
}

#endif

/// Walks the line feeds of a head, block by block.
class HeadScanner {
 public:
  HeadScanner(std::string_view bytes, HeadLines& out) : bytes_(bytes), out_(out) {}

  const char* run() {
    std::size_t at = 0;
    for (; !done_ && at + block_bytes <= bytes_.size(); at += block_bytes) {
      if (const char* trouble = read_block(at, line_bits(bytes_.data() + at))) return trouble;
    }
    if (!done_ && at < bytes_.size()) {
      std::array<char, block_bytes> rest;
      rest.fill(' ');
      std::memcpy(rest.data(), bytes_.data() + at, bytes_.size() - at);
      if (const char* trouble = read_block(at, line_bits(rest.data()))) return trouble;
    }
    return done_ ? nullptr : "The header section does not end with an empty line";
  }

 private:
  const char* read_block(std::size_t at, LineBits bits) {
    out_.nul = out_.nul || bits.nul;
    // Every CR must have its LF behind it, and every LF its CR before it; the head may end before the mistake does.
    const std::uint64_t paired = bits.carriage_returns << 1 | carried_;
    const std::uint64_t wrong = bits.line_feeds ^ paired;
    carried_ = bits.carriage_returns >> (block_bytes - 1);
    for (std::uint64_t left = bits.line_feeds; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(left));
      const std::uint64_t up_to_here = ~std::uint64_t{0} >> (block_bytes - 1 - bit);
      if ((wrong & up_to_here) != 0) break;
      if (const char* trouble = end_line(at + bit)) return trouble;
      if (done_) return nullptr;
    }
    return wrong == 0 ? nullptr : "A line does not end with CRLF";
  }

  const char* end_line(std::size_t line_feed) {
    const std::size_t end = line_feed - 1;
    const std::size_t next = line_feed + 1;
    if (end == start_) {
      done_ = true;
      out_.head_bytes = next;
      return out_.count == 0 ? "The message begins with an empty line" : nullptr;
    }
    const bool goes_on = next < bytes_.size() && (bytes_[next] == ' ' || bytes_[next] == '\t');
    if (goes_on && out_.count > 0) {  // the start line cannot be folded
      out_.folded = true;
      return nullptr;
    }
    if (out_.count == out_.ends.size()) return "More than 256 header fields";
    out_.ends[out_.count++] = static_cast<std::uint32_t>(end);
    start_ = next;
    return nullptr;
  }

  std::string_view bytes_;
  HeadLines& out_;
  std::size_t start_ = 0;      ///< of the logical line under way
  std::uint64_t carried_ = 0;  ///< 1: the last byte of the block before was a CR
  bool done_ = false;
};

/// One of the eight bytes is 0, '\n' or '\r'.
bool word_holds_line_end(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = 0x8080808080808080;
  const auto zero_byte = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & tops; };
  return (zero_byte(word) | zero_byte(word ^ (ones * '\n')) | zero_byte(word ^ (ones * '\r'))) != 0;
}

bool is_line_end(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

std::uint64_t word_at(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

}  // namespace

const char* scan_head(std::string_view bytes, HeadLines& out) {
  return HeadScanner(bytes, out).run();
}

std::size_t find_colon_32(const char* text) {
#if defined(__SSE2__)
  const std::uint64_t found = equal_bits(load(text), ':') | equal_bits(load(text + 16), ':') << 16;
  return static_cast<std::size_t>(std::countr_zero(found | std::uint64_t{1} << 32));
#else
  return static_cast<std::size_t>(std::find(text, text + 32, ':') - text);
#endif
}

bool holds_line_end(std::string_view text) {
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; text.size() - at >= sizeof(__m128i); at += sizeof(__m128i)) {
    const __m128i bytes = load(text.data() + at);
    const __m128i ends =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
    if (_mm_movemask_epi8(_mm_or_si128(ends, _mm_cmpeq_epi8(bytes, _mm_setzero_si128()))) != 0) return true;
  }
#endif
  text.remove_prefix(at);
  constexpr std::size_t width = sizeof(std::uint64_t);
  if (text.size() < width) return std::any_of(text.begin(), text.end(), is_line_end);
  // The last word may overlap the one before it.
  for (at = 0; at + width < text.size(); at += width) {
    if (word_holds_line_end(word_at(text.data() + at))) return true;
  }
  return word_holds_line_end(word_at(text.data() + text.size() - width));
}

}  // namespace ringwall::sip
