#include <cstdlib>

#include "base/limits.h"
#include "media/record/wav.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  const auto samples = media::parse_wav(Bytes(data, size), "fuzz.wav");
  if (!samples) return 0;
  if (samples->size() * 2 > size || samples->size() > limits::prompt_seconds * 8'000) abort();
  const auto again = media::parse_wav(media::print_wav(*samples), "fuzz.wav");
  if (!again || *again != *samples) abort();
  return 0;
}
