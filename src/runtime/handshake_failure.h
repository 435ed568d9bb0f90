#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/net_address.h"
#include "base/time.h"

namespace ringwall::runtime {

/// Why a TLS handshake failed, as a word for counters.
enum class HandshakeReason : std::uint8_t {
  no_client_certificate,  ///< they showed none and we demand one, or the other way round
  unknown_ca,             ///< we do not trust the CA of theirs
  unknown_ca_alert,       ///< they do not trust the CA of ours
  certificate_expired,    ///< theirs
  certificate_not_yet_valid,
  certificate_purpose,  ///< theirs lacks the extended key usage for its side
  certificate_invalid,  ///< theirs, any other verification error
  certificate_alert,    ///< they refused ours for another reason than its CA
  name_mismatch,        ///< theirs is good, but not for the peer we wanted
  protocol_version,
  no_common_cipher,
  plain_sip,  ///< SIP in clear on a TLS port
  plain_http,
  not_tls,     ///< other bytes that are no TLS
  web_socket,  ///< the upgrade to a WebSocket was refused
  timeout,
  reset,  ///< the peer closed or reset in the middle
  other,
};
std::string_view print(HandshakeReason reason);  ///< "no-client-certificate", ...

struct HandshakeFailure {
  WallTime when{};
  bool outgoing = false;  ///< we were the TLS client
  NetAddress local;
  NetAddress remote;
  std::string peer;  ///< outgoing: the Route's peer
  HandshakeReason reason = HandshakeReason::other;
  std::string sentence;  ///< which side, which certificate, which name, what to do
};

/// The last failures of one host (limits::handshake_failures_kept), also counted by reason in Metrics and logged.
class HandshakeFailureLog {
 public:
  /// `element` is the component that the log line names.
  explicit HandshakeFailureLog(std::string element) : element_(std::move(element)) {}
  void add(HandshakeFailure failure);
  [[nodiscard]] const std::deque<HandshakeFailure>& last() const { return last_; }
  [[nodiscard]] std::uint64_t as_client() const { return as_client_; }
  [[nodiscard]] std::uint64_t as_server() const { return as_server_; }

 private:
  std::string element_;
  std::deque<HandshakeFailure> last_;
  std::uint64_t as_client_ = 0;
  std::uint64_t as_server_ = 0;
};

}  // namespace ringwall::runtime
