// Bodies of peers: what is read from them must come out the same after it was printed and read again.
#include "base/check.h"
#include "sip/event/message_summary.h"
#include "sip/event/presence.h"
#include "sip/event/sipfrag.h"

namespace {

using namespace ringwall::sip::event;

void read_presence(std::string_view body) {
  const auto first = parse_presence(body);
  if (!first) return;
  const std::string text = print(*first);
  const auto second = parse_presence(text);
  if (!second) return;  // what is no character of XML is not printed, and may have been all there was
  CHECK(second->tuples.size() == first->tuples.size());
  CHECK(print(*second) == print(*parse_presence(print(*second))));
}

void read_summary(std::string_view body) {
  const auto first = parse_message_summary(body);
  if (!first) return;
  const auto second = parse_message_summary(print(*first));
  CHECK(second.has_value());
  CHECK(second->waiting == first->waiting && second->counts.size() == first->counts.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  read_presence(body);
  read_summary(body);
  const int status = sipfrag_status(body);
  CHECK(status == 0 || (status >= 100 && status <= 699));
  return 0;
}
