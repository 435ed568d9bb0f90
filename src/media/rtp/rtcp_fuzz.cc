#include "media/rtp/rtcp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  const auto report = media::parse_rtcp(Bytes(data, size), 0x01020304);
  if (report && report->about_us) (void)media::round_trip_ms(*report->about_us, Time{} + std::chrono::seconds(100));
  return 0;
}
