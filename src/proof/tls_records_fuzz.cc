#include "base/check.h"
#include "proof/tls_hello.h"
#include "proof/tls_records.h"

using namespace ringwall;
using namespace ringwall::proof;

/// First byte: bit 0 says whether the stream is seen from its start; the rest is how the stream is cut into segments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  TlsRecordReader reader((data[0] & 1) != 0);
  const std::size_t step = data[0] / 2 + 1;
  Bytes rest = Bytes(data, size).subspan(1);
  std::size_t given = 0;
  while (!rest.empty()) {
    const Bytes segment = rest.first(std::min(step, rest.size()));
    reader.receive(segment);
    given += segment.size();
    rest = rest.subspan(segment.size());
  }
  CHECK(reader.seen().plain_bytes + reader.seen().skipped_bytes <= given);
  CHECK(reader.seen().records * 5 <= given);
  const Bytes body = Bytes(data, size).subspan(1);
  (void)parse_client_hello(body);
  (void)parse_server_hello(body);
  (void)parse_certificate_names(body);
  return 0;
}
