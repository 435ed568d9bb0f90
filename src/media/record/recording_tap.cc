// The ring holds frames one behind the other, each begun at a multiple of 8:
//
//   Head (24 bytes) | payload | padding to 8
//
// A frame is never split: if it does not fit before the end of the ring, a Head that says so (or, where not even that
// fits, nothing) fills the rest, and the frame begins at the start. Positions only grow; their low bits are the place.
#include "media/record/recording_tap.h"

#include <cstring>

#include "base/check.h"
#include "base/limits.h"

namespace ringwall::media {
namespace {

constexpr std::size_t padded(std::size_t size) {
  return (size + 7) & ~std::size_t{7};
}
constexpr std::uint16_t skip_to_start = 0xffff;

}  // namespace

struct RecordingTap::Head {
  std::int64_t at;
  std::uint32_t ssrc, timestamp;
  std::uint16_t size;
  Side side;
  Codec codec;
};

RecordingTap::RecordingTap(std::size_t bytes) : size_(bytes), ring_(std::make_unique<std::uint8_t[]>(bytes)) {
  CHECK((bytes & (bytes - 1)) == 0 && bytes > 2 * (limits::rtp_packet_bytes + padded(sizeof(Head))));
}

void RecordingTap::push(Side side, Codec codec, std::uint32_t ssrc, std::uint32_t timestamp,
                        std::span<const std::uint8_t> payload, Time now) {
  if (closed_.load(std::memory_order_relaxed)) return;
  std::uint64_t at = written_.load(std::memory_order_relaxed);
  const std::size_t needed = padded(sizeof(Head)) + padded(payload.size());
  const std::size_t left = left_before_end(at), skipped = needed > left ? left : 0;
  if (at + skipped + needed - seen_read_ > size_) seen_read_ = read_.load(std::memory_order_acquire);
  if (payload.empty() || payload.size() > limits::rtp_packet_bytes || at + skipped + needed - seen_read_ > size_) {
    dropped_.fetch_add(payload.empty() ? 0 : 1, std::memory_order_relaxed);
    return;
  }
  if (skipped >= sizeof(Head)) {
    const Head skip{0, 0, 0, skip_to_start, side, codec};
    std::memcpy(&ring_[at & (size_ - 1)], &skip, sizeof skip);
  }
  at += skipped;
  const Head head{
      now.time_since_epoch().count(), ssrc, timestamp, static_cast<std::uint16_t>(payload.size()), side, codec};
  std::uint8_t* const place = &ring_[at & (size_ - 1)];
  std::memcpy(place, &head, sizeof head);
  std::memcpy(place + padded(sizeof(Head)), payload.data(), payload.size());
  written_.store(at + needed, std::memory_order_release);
}

std::optional<RecordingTap::Frame> RecordingTap::front() {
  std::uint64_t at = read_.load(std::memory_order_relaxed);
  const std::uint64_t end = written_.load(std::memory_order_acquire);
  if (at == end) return std::nullopt;
  Head head;
  if (left_before_end(at) < sizeof(Head)) {
    at += left_before_end(at);
  } else {
    std::memcpy(&head, &ring_[at & (size_ - 1)], sizeof head);
    if (head.size == skip_to_start) at += left_before_end(at);
  }
  const std::uint8_t* const place = &ring_[at & (size_ - 1)];
  std::memcpy(&head, place, sizeof head);
  front_end_ = at + padded(sizeof(Head)) + padded(head.size);
  return Frame{head.side,
               head.codec,
               head.ssrc,
               head.timestamp,
               Time(Duration(head.at)),
               {place + padded(sizeof(Head)), head.size}};
}

void RecordingTap::release() {
  read_.store(front_end_, std::memory_order_release);
}

}  // namespace ringwall::media
