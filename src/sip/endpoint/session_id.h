#pragma once

#include <string>

#include "sip/message/message.h"

namespace ringwall::sip {

/// The two UUIDs of a call's Session-ID (RFC 7989): ours never changes by itself, the peer's is what it said last.
struct SessionIdentity {
  std::string local;   ///< 32 lower-case hex digits; "" = this dialog has no Session-ID
  std::string remote;  ///< "" while unknown
  /// One of RFC 7329: both sides of its calls show one value, without `remote`.
  bool old_peer = false;

  /// Learns from a request or response of the peer; one without a usable Session-ID changes nothing.
  void receive(const Message& message);
  /// What our next message shows; "" if it shows none. Good until the next change.
  [[nodiscard]] const std::string& value() const { return shown_; }
  void set_local(std::string uuid);

 private:
  void print_value();
  std::string shown_;
};

/// What an answer to a request outside all calls shows: its two UUIDs exchanged; "" if it names none of ours.
std::string exchanged_session_id(const Message& request);

}  // namespace ringwall::sip
