#include <cstdlib>

#include "media/ice/stun_message.h"
#include "media/ice/stun_writer.h"

/// What parses, written again from its parts, parses to the same. No key is known to the fuzzer: nothing has integrity.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  using namespace ringwall::media;
  const auto message = stun::parse({data, size});
  if (!message) return 0;
  const Buffer key(22, 0x42);
  if (stun::integrity_right(*message, key)) abort();
  stun::Writer out(message->kind, message->transaction, message->method);
  if (message->username) out.text(stun::Attribute::username, *message->username);
  if (message->mapped) out.xor_mapped_address(*message->mapped);
  if (message->priority) out.u32(stun::Attribute::priority, *message->priority);
  if (message->error) out.error(*message->error, "again");
  out.integrity(key);
  out.fingerprint();
  const auto again = stun::parse(out.bytes());
  if (!out.ok() || !again || !stun::integrity_right(*again, key) || !again->fingerprint) abort();
  if (again->kind != message->kind || again->method != message->method || again->username != message->username ||
      again->mapped != message->mapped || again->priority != message->priority || again->error != message->error)
    abort();
  return 0;
}
