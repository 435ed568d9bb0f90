#include "runtime/handshake_failure.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"

namespace ringwall::runtime {

std::string_view print(HandshakeReason reason) {
  switch (reason) {
    case HandshakeReason::no_client_certificate:
      return "no-client-certificate";
    case HandshakeReason::unknown_ca:
      return "unknown-ca";
    case HandshakeReason::unknown_ca_alert:
      return "unknown-ca-alert";
    case HandshakeReason::certificate_expired:
      return "certificate-expired";
    case HandshakeReason::certificate_not_yet_valid:
      return "certificate-not-yet-valid";
    case HandshakeReason::certificate_purpose:
      return "certificate-purpose";
    case HandshakeReason::certificate_invalid:
      return "certificate-invalid";
    case HandshakeReason::certificate_alert:
      return "certificate-alert";
    case HandshakeReason::name_mismatch:
      return "name-mismatch";
    case HandshakeReason::protocol_version:
      return "protocol-version";
    case HandshakeReason::no_common_cipher:
      return "no-common-cipher";
    case HandshakeReason::plain_sip:
      return "plain-sip";
    case HandshakeReason::plain_http:
      return "plain-http";
    case HandshakeReason::not_tls:
      return "not-tls";
    case HandshakeReason::web_socket:
      return "web-socket";
    case HandshakeReason::timeout:
      return "timeout";
    case HandshakeReason::reset:
      return "reset";
    case HandshakeReason::other:
      break;
  }
  return "other";
}

void HandshakeFailureLog::add(HandshakeFailure failure) {
  ++(failure.outgoing ? as_client_ : as_server_);
  Metrics::instance()
      .counter("ringwall_tls_handshakes_refused_total",
               fmt::format("side=\"{}\",reason=\"{}\"", failure.outgoing ? "client" : "server", print(failure.reason)))
      .add();
  log::warning(element_, "handshake {} {} failed ({}): {}", failure.outgoing ? "to" : "from", failure.remote.text(),
               print(failure.reason), failure.sentence);
  last_.push_back(std::move(failure));
  if (last_.size() > limits::handshake_failures_kept) last_.pop_front();
}

}  // namespace ringwall::runtime
