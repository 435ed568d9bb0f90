// parse -> print -> parse is the identity.
#include <cstdlib>

#include "base/limits.h"
#include "sdp/same_description.h"

using namespace ringwall;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = sdp::parse({reinterpret_cast<const char*>(data), size});
  if (!first) {
    if (first.error().what.empty()) std::abort();
    return 0;
  }
  const std::string text = sdp::print(*first);
  const auto second = sdp::parse(text);
  if (!second) {
    // Printing spells out what was implied (rtpmap of static types, c= of each medium) and may so pass a limit.
    const bool grew = text.size() > limits::sdp_bytes || second.error().what.find("more than") != std::string::npos;
    if (!grew) std::abort();
    return 0;
  }
  if (!same(*first, *second)) std::abort();
  return 0;
}
