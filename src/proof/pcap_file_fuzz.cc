#include "base/check.h"
#include "proof/pcap_file.h"

using namespace ringwall;
using namespace ringwall::proof;

/// What can be read can be written, and is read again the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frames = parse_pcap({data, size});
  if (!frames) return 0;
  const auto again = parse_pcap(print_pcap(*frames));
  CHECK(again && again->size() == frames->size());
  for (std::size_t i = 0; i < frames->size(); ++i)
    CHECK((*again)[i].bytes == (*frames)[i].bytes);
  return 0;
}
