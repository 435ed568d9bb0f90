#include <cstdlib>

#include "base/limits.h"
#include "sip/transport/dns_record.h"

// The first byte chooses the type; what is read must be printable, and never more than the limit.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::sip;
  constexpr RecordType types[] = {RecordType::a, RecordType::aaaa, RecordType::srv, RecordType::naptr};
  if (size == 0) return 0;
  DnsAnswer answer;
  (void)add_record(answer, types[data[0] % 4], {data + 1, size - 1});
  for (const SrvRecord& record : answer.services)
    for (const char c : record.target)
      if (c <= 0x20 || c >= 0x7f) std::abort();
  return 0;
}
