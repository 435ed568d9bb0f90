// A byte stream in any pieces: the frames depend on the bytes alone.
#include <cstdlib>
#include <vector>

#include "base/limits.h"
#include "sip/transport/framing.h"

using namespace ringwall;
using namespace ringwall::sip;

namespace {

struct Outcome {
  std::vector<std::string> frames;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

/// Feeds pieces of 1 + pattern % 64 bytes; the pattern is turned after each.
Outcome run(std::string_view stream, std::uint8_t pattern) {
  StreamFramer framer;
  Outcome out;
  while (!stream.empty()) {
    const std::size_t length = pattern == 0xff ? stream.size() : std::min<std::size_t>(stream.size(), 1 + pattern % 64);
    pattern = pattern == 0xff ? pattern : static_cast<std::uint8_t>(pattern * 5 + 3);
    if (pattern == 0xff) pattern = 1;
    framer.feed(stream.substr(0, length));
    stream.remove_prefix(length);
    for (;;) {
      const auto frame = framer.poll();
      if (!frame) {
        out.error = frame.error().what;
        if (framer.broken().refusal.status / 100 < 4 || framer.broken().bytes.size() > limits::sip_message_bytes)
          std::abort();
        return out;
      }
      if (!*frame) break;
      out.frames.emplace_back((*frame)->bytes);
      if ((*frame)->bytes.size() > limits::sip_message_bytes) std::abort();
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (!(run(stream, data[0]) == run(stream, 0xff))) std::abort();
  return 0;
}
