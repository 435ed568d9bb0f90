// The first byte chooses what the rest is: a whole file, or the plain text of a chunk (behind the cipher a fuzzer never
// comes).
#include <algorithm>
#include <cstdlib>

#include "media/record/container_for_test.h"

namespace ringwall::media {
namespace {

/// Whatever the bytes are: it ends, it consumes something at each step, and it never says more than it read.
void read_file(Bytes file) {
  const auto head = parse_recording_head(file);
  if (!head) return;
  (void)open_recording_key(*head, keys_for_test({1, 2}));
  const auto read = read_for_test(file, *head, key_for_test(9));
  if (read.summary.chunks > file.size() / recording::audio_chunk_bytes) abort();
  if (read.summary.state == RecordingSummary::State::whole && !read.summary.end) abort();
  if (read.summary.damaged.size() > 100) abort();
}

void read_plain(Bytes plain) {
  if (const auto labels = parse_labels(plain); labels && print_labels(*labels) != to_buffer(plain)) abort();
  if (const auto end = parse_end(plain); end && print_end(*end) != to_buffer(plain)) abort();
  Buffer long_enough = to_buffer(plain);
  long_enough.resize(recording::audio_plain_bytes);
  if (const auto audio = parse_audio(long_enough)) {
    Buffer again(recording::audio_plain_bytes);
    print_audio(*audio, again);
    if (again != long_enough) abort();
  }
  const KeySlot slot = parse_key_slot(plain);
  if (slot.state != KeySlot::State::empty &&
      !std::ranges::equal(print_key_slot(slot), plain.first(recording::slot_bytes)))
    abort();
}

}  // namespace
}  // namespace ringwall::media

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  if (data[0] % 2 == 0)
    media::read_plain(rest);
  else
    media::read_file(rest);
  return 0;
}
