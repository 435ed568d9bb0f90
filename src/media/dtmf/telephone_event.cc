#include "media/dtmf/telephone_event.h"

#include <algorithm>

#include "base/limits.h"

namespace ringwall::media {
namespace {

constexpr std::string_view digits_by_event = "0123456789*#ABCD";
constexpr auto silence_that_ends = std::chrono::milliseconds(200);
constexpr int event_ticks = 5, end_packets = 3, digit_ticks = event_ticks - 1 + end_packets + 3, pause_ticks = 25;

}  // namespace

std::optional<TelephoneEvent> parse_telephone_event(Bytes payload) {
  ByteReader in(payload);
  const std::uint8_t event = in.u8(), flags = in.u8();
  const std::uint16_t duration = in.u16();
  if (!in.ok()) return std::nullopt;
  return TelephoneEvent{event, (flags & 0x80) != 0, static_cast<std::uint8_t>(flags & 0x3f), duration};
}

std::array<std::uint8_t, 4> print(const TelephoneEvent& event) {
  return {event.event, static_cast<std::uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3f)),
          static_cast<std::uint8_t>(event.duration >> 8), static_cast<std::uint8_t>(event.duration)};
}

std::array<std::uint8_t, 4> rescale(TelephoneEvent event, std::uint32_t from_rate, std::uint32_t to_rate) {
  const std::uint64_t scaled = std::uint64_t{event.duration} * to_rate / from_rate;
  event.duration = static_cast<std::uint16_t>(std::min<std::uint64_t>(scaled, 0xffff));
  return print(event);
}

std::optional<char> digit_of(std::uint8_t event) {
  if (event >= digits_by_event.size()) return std::nullopt;
  return digits_by_event[event];
}

std::optional<std::uint8_t> event_of(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const auto at = digits_by_event.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

std::optional<ReceivedDigit> DtmfReceiver::finish() {
  if (!open_) return std::nullopt;
  open_ = false;
  const auto digit = digit_of(event_);
  if (!digit) return std::nullopt;
  return ReceivedDigit{*digit, (earlier_ + duration_) / units_per_ms_};
}

std::optional<ReceivedDigit> DtmfReceiver::receive(const RtpHeader& header, Bytes payload, Time now) {
  const auto packet = parse_telephone_event(payload);
  if (!packet) return std::nullopt;
  std::optional<ReceivedDigit> done;
  const bool same_source = known_ && header.ssrc == ssrc_;
  const auto later = static_cast<std::int32_t>(header.timestamp - timestamp_);
  if (!same_source || later != 0) {
    if (same_source && later < 0) return std::nullopt;  // a late packet of an event that is over
    const bool next_segment = same_source && open_ && !ended_ && packet->event == event_ && !header.marker &&
                              static_cast<std::uint32_t>(later) == duration_ && duration_ >= 0xff00;
    if (!next_segment) done = finish();
    earlier_ = next_segment ? earlier_ + duration_ : 0;
    known_ = open_ = true;
    ended_ = false;
    ssrc_ = header.ssrc;
    timestamp_ = header.timestamp;
    event_ = packet->event;
    duration_ = 0;
  }
  if (!open_) return done;  // a repeated end packet
  last_ = now;
  if (packet->event == event_ && packet->duration > duration_) duration_ = packet->duration;
  if (packet->end) ended_ = true;
  if (!done && ended_) return finish();
  return done;
}

std::optional<ReceivedDigit> DtmfReceiver::expire(Time now) {
  if (!open_ || (!ended_ && now - last_ < silence_that_ends)) return std::nullopt;
  return finish();
}

Result<> DtmfSender::queue(std::string_view digits) {
  for (const char c : digits)
    if (c != ',' && !event_of(c)) return fail("digits to send may be 0-9, *, #, A-D and ',' for a pause");
  if (queue_.size() + digits.size() > limits::dtmf_digits_queued)
    return fail(fmt::format("more than {} digits are waiting to be sent", limits::dtmf_digits_queued), {},
                "send them in smaller groups");
  queue_ += digits;
  return {};
}

std::optional<DtmfSender::Packet> DtmfSender::tick() {
  if (step_ == 0) {
    if (queue_.empty()) return std::nullopt;
    const char next = queue_.front();
    queue_.erase(0, 1);
    pause_ = next == ',';
    if (!pause_) event_ = *event_of(next);
  }
  ++step_;
  const int now = step_;
  if (step_ == (pause_ ? pause_ticks : digit_ticks)) step_ = 0;
  if (pause_ || now >= event_ticks + end_packets) return std::nullopt;
  const bool end = now >= event_ticks;
  const auto duration = static_cast<std::uint16_t>(units_per_tick_ * std::min(now, event_ticks));
  return Packet{print({.event = event_, .end = end, .duration = duration}), now == 1};
}

}  // namespace ringwall::media
