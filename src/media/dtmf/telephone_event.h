#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "media/rtp/rtp_packet.h"

/// Telephone events (RFC 4733 section 2.3):
///
///   |     event     |E|R| volume    |          duration             |
namespace ringwall::media {

struct TelephoneEvent {
  std::uint8_t event = 0;
  bool end = false;
  std::uint8_t volume = 10;    ///< -dBm0
  std::uint16_t duration = 0;  ///< timestamp units
};
std::optional<TelephoneEvent> parse_telephone_event(Bytes payload);
std::array<std::uint8_t, 4> print(const TelephoneEvent& event);

/// "0123456789*#ABCD"[event], or nothing for an event that is no digit.
std::optional<char> digit_of(std::uint8_t event);
std::optional<std::uint8_t> event_of(char digit);

/// The same event with its duration by another clock.
std::array<std::uint8_t, 4> rescale(TelephoneEvent event, std::uint32_t from_rate, std::uint32_t to_rate);

struct ReceivedDigit {
  char digit = 0;
  std::uint32_t duration_ms = 0;
};

/// Turns event packets into digits, each reported once: at its end packet, or, when all end packets are lost, when the
/// next event begins or nothing came for 200 ms.
class DtmfReceiver {
 public:
  /// Of the durations; 8000 until it is said.
  void set_clock_rate(std::uint32_t rate) { units_per_ms_ = rate / 1000; }
  /// At most one digit comes back: a packet can finish the event before it or its own, and a new event that is
  /// finished at once is reported by the next call or expire().
  std::optional<ReceivedDigit> receive(const RtpHeader& header, Bytes payload, Time now);
  std::optional<ReceivedDigit> expire(Time now);
  [[nodiscard]] bool idle() const { return !open_; }

 private:
  std::optional<ReceivedDigit> finish();

  bool known_ = false;  // an event was seen; the fields below are of the newest
  bool open_ = false;   // and it was not reported yet
  bool ended_ = false;  // its end packet came
  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint8_t event_ = 0;
  std::uint32_t earlier_ = 0;  // duration of the segments before this one (section 2.5.1.3)
  std::uint32_t duration_ = 0;
  Time last_{};
  std::uint32_t units_per_ms_ = 8;
};

/// Sends queued digits, one packet a tick of 20 ms: 100 ms of event, its end three times, 60 ms of pause.
class DtmfSender {
 public:
  struct Packet {
    std::array<std::uint8_t, 4> payload;
    bool begins = false;  ///< the first packet: marker bit, and its timestamp is that of the whole event
  };
  /// Of the durations; 8000 until it is said.
  void set_clock_rate(std::uint32_t rate) { units_per_tick_ = static_cast<std::uint16_t>(rate / 50); }
  /// Fails on a character that is none of 0-9 * # A-D a-d and ',' and when the queue would grow beyond its limit;
  /// nothing is queued then.
  Result<> queue(std::string_view digits);
  /// What to send in this tick, if it is an event packet.
  std::optional<Packet> tick();
  /// True while digits or their pauses are under way.
  [[nodiscard]] bool busy() const { return !queue_.empty() || step_ > 0; }

 private:
  std::string queue_;  // at most limits::dtmf_digits_queued: taking the first one off costs nothing
  std::uint8_t event_ = 0;
  bool pause_ = false;
  int step_ = 0;  // ticks done of the present digit or pause
  std::uint16_t units_per_tick_ = 160;
};

}  // namespace ringwall::media
