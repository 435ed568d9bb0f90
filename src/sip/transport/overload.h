#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/net_address.h"
#include "base/time.h"
#include "sip/message/message.h"

/// Overload control by loss (RFC 7339): a server says in the Via of its responses which part of the new requests its
/// client shall not send. Pure: time, load and randomness are arguments.
namespace ringwall::sip {

/// What a request's Via says of a client that understands overload control (RFC 7339 section 5.1).
inline constexpr std::string_view overload_offer = ";oc;oc-algo=\"loss\"";

/// Whether a request's Via says that.
bool offers_overload_control(const Via& via);

/// Requests that are cut last (RFC 7339 section 5.10.1): emergency calls (RFC 5031), and what carries a
/// Resource-Priority (RFC 4412) or the Priority "emergency".
bool is_urgent(const Message& request);

/// The client's side: what each server has asked for.
class OverloadClient {
 public:
  /// A response from the server at `address`; `via` is its top Via. Values that are malformed, or older than what is
  /// known (oc-seq), count for nothing.
  void learn(const NetAddress& address, const Via& via, Time now);
  /// Whether a new request may be sent there. `random` decides which ones are cut; an urgent one is cut only when
  /// everything is.
  [[nodiscard]] bool admits(const NetAddress& address, bool urgent, std::uint64_t random, Time now);
  /// Whether any server has asked for anything.
  [[nodiscard]] bool any() const { return !servers_.empty(); }
  /// Percent of the new requests that shall not be sent there now.
  [[nodiscard]] unsigned loss(const NetAddress& address, Time now);

 private:
  struct Asked {
    unsigned percent = 0;
    Time until{};
    std::uint64_t sequence = 0;  ///< oc-seq in units of 10^-5 s
  };
  std::map<NetAddress, Asked> servers_;  ///< at most limits::connections; the oldest goes
};

/// The server's side: how much of the new work is turned away, from how late the loop is and how many transactions
/// there are.
class OverloadServer {
 public:
  /// Tell it every few hundred milliseconds. `loop_delay`: how late a timer fired.
  void measure(std::size_t transactions, Duration loop_delay, Time now);
  [[nodiscard]] unsigned loss() const { return percent_; }
  /// Whether a new request outside a dialog is answered 503. A client that understands overload control cuts by itself;
  /// its requests are turned away only when that is not enough.
  [[nodiscard]] bool sheds(const Message& request, std::uint64_t random) const;
  /// The top Via of a response, `stamped` by stamp_via(): with what we ask for, if the client offered to obey it and
  /// there is something to say.
  [[nodiscard]] std::string announce(std::string stamped, const Via& offered) const;

 private:
  unsigned percent_ = 0;
  unsigned late_ = 0;  ///< measurements in a row
  Time measured_{}, calm_since_{};
  bool spoke_ = false;  ///< clients may still obey an earlier word
};

}  // namespace ringwall::sip
