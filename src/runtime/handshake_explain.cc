#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "base/text.h"
#include "crypto/chain.h"
#include "runtime/tls_channel.h"

// Says of a failed TLS handshake which side, which certificate, which name, and what to do.

namespace ringwall::runtime {
namespace {

std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

std::string describe(const crypto::Certificate& certificate) {
  return fmt::format("\"{}\" (issued by \"{}\")", certificate.subject(), certificate.issuer());
}

HandshakeVerdict explain_refused_certificate(const HandshakeEnd& end) {
  const auto& watch = end.watch;
  const std::string their = watch.server ? "client's" : "server's";
  const std::string which = watch.refused ? describe(*watch.refused) : std::string("(unreadable)");
  switch (watch.verify_error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return {
          HandshakeReason::unknown_ca,
          fmt::format("we do not trust the CA of the {} certificate: {} ends at no anchor of ours; give that peer a "
                      "certificate of a trusted CA (with its chain), or add its CA to the peer's anchors",
                      their, which)};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {HandshakeReason::unknown_ca,
              fmt::format("the {} certificate {} signed itself, and no CA of ours stands behind it; give that peer a "
                          "certificate of a trusted CA, or add this very certificate to the peer's anchors",
                          their, which)};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {
          HandshakeReason::certificate_expired,
          fmt::format("the {} certificate {} expired at {}: renew it at the peer, or set the clock of this machine",
                      their, which, watch.refused ? print_wall_time(watch.refused->not_after()) : "an unknown time")};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {
          HandshakeReason::certificate_not_yet_valid,
          fmt::format("the {} certificate {} is not valid before {}: set the clock of this machine or of the CA", their,
                      which, watch.refused ? print_wall_time(watch.refused->not_before()) : "an unknown time")};
    case X509_V_ERR_INVALID_PURPOSE:
      return {
          HandshakeReason::certificate_purpose,
          fmt::format("the {} certificate {} is not for this use: its extended key usage lacks {}; the peer must show "
                      "its {} certificate",
                      their, which, watch.server ? "clientAuth" : "serverAuth", watch.server ? "client" : "server")};
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return {HandshakeReason::name_mismatch,
              fmt::format(
                  "the server's certificate {} is for the names {}, but this peer must be {}: correct the address "
                  "or the expected names, or issue the peer a certificate with the right name",
                  which, watch.refused ? join(watch.refused->sip_identities()) : "none", join(watch.expected_names))};
    default:
      break;
  }
  const Error why =
      crypto::explain_verification(watch.verify_error, watch.refused ? &*watch.refused : nullptr,
                                   watch.server ? crypto::Purpose::client : crypto::Purpose::server, wall_now());
  return {HandshakeReason::certificate_invalid,
          fmt::format("the {} certificate {} was refused: {}", their, which, why.text())};
}

HandshakeVerdict explain_version(const HandshakeEnd& end) {
  if (end.watch.server)
    return {HandshakeReason::protocol_version,
            fmt::format(
                "the peer (client) offers at most {}, and this listener speaks {} or newer: enable TLS 1.2 or 1.3 at "
                "the peer",
                end.watch.offered_version.empty() ? "an unknown version" : end.watch.offered_version, end.minimum)};
  return {
      HandshakeReason::protocol_version,
      fmt::format("the peer (server) speaks no TLS version that we accept ({}): enable TLS 1.2 or 1.3 at the peer{}",
                  end.bounds.maximum == "1.3" ? end.minimum + " or newer" : "TLS 1.2 alone, by its profile",
                  end.bounds.maximum == "1.3" ? "" : ", or raise tls_maximum of the profile")};
}

HandshakeVerdict explain_ciphers(const HandshakeEnd& end) {
  const std::string_view side = end.watch.server ? "client" : "server";
  if (end.bounds.ciphers.empty() && end.bounds.groups.empty())
    return {HandshakeReason::no_common_cipher,
            fmt::format("no common cipher with the peer ({}): we speak only ECDHE with AES-GCM or ChaCha20-Poly1305; "
                        "enable one of them at the peer",
                        side)};
  return {HandshakeReason::no_common_cipher,
          fmt::format("no common cipher or group with the peer ({}): its profile allows only {}{}{}; enable one of "
                      "them at the peer, or change the profile",
                      side, fmt::join(end.bounds.ciphers, ", "),
                      end.bounds.ciphers.empty() || end.bounds.groups.empty() ? "" : " with the groups ",
                      fmt::join(end.bounds.groups, ", "))};
}

/// The peer ended the handshake by an alert (RFC 8446 section 6.2).
HandshakeVerdict explain_alert(const HandshakeEnd& end) {
  const int alert = end.watch.alert_received;
  const std::string words = SSL_alert_desc_string_long(alert);
  const std::string ours = end.watch.server ? "server" : "client";
  const std::string theirs = end.watch.server ? "client" : "server";
  const std::string own = describe(end.own.leaf);
  switch (alert) {
    case SSL_AD_UNKNOWN_CA:
      return {
          HandshakeReason::unknown_ca_alert,
          fmt::format("the peer ({}) does not trust the CA of our {} certificate {} (alert \"{}\"): import our trust "
                      "anchors (pki/anchors.pem) at the peer",
                      theirs, ours, own, words)};
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_NO_CERTIFICATE:
      return {HandshakeReason::no_client_certificate,
              fmt::format(
                  "the peer ({}) demands a client certificate and took none from us (alert \"{}\"): check the client "
                  "certificate of this element",
                  theirs, words)};
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED:
      return {
          HandshakeReason::certificate_alert,
          fmt::format("the peer ({}) refused our {} certificate {}, valid until {}, names {} (alert \"{}\"): check it "
                      "against what the peer expects",
                      theirs, ours, own, print_wall_time(end.own.leaf.not_after()), join(end.own.names), words)};
    case SSL_AD_UNRECOGNIZED_NAME:
      return {HandshakeReason::name_mismatch,
              fmt::format(
                  "the peer ({}) knows no server name \"{}\" (alert \"{}\"): correct the expected names of this peer",
                  theirs, join(end.watch.expected_names), words)};
    case SSL_AD_PROTOCOL_VERSION:
      return explain_version(end);
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY: {
      auto verdict = explain_ciphers(end);
      verdict.sentence +=
          fmt::format(" (alert \"{}\"; a peer that misses a client certificate may say the same)", words);
      return verdict;
    }
    default:
      return {HandshakeReason::other,
              fmt::format("the peer ({}) ended the handshake by the alert \"{}\": look at its log", theirs, words)};
  }
}

HandshakeVerdict explain_error(const HandshakeEnd& end) {
  switch (ERR_GET_REASON(end.error)) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return {
          HandshakeReason::no_client_certificate,
          "the peer (client) showed no certificate, and this listener demands one: give the peer a client certificate "
          "(ringwall pki issue) and switch on mutual TLS there"};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
      return explain_version(end);
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return explain_ciphers(end);
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return {HandshakeReason::not_tls, "the peer sent bytes that are no TLS: check which port it means"};
    default: {
      const char* reason = ERR_reason_error_string(end.error);
      return {HandshakeReason::other,
              fmt::format("the TLS handshake with the peer ({}) failed: {}", end.watch.server ? "client" : "server",
                          reason ? reason : "OpenSSL gives no reason")};
    }
  }
}

HandshakeVerdict explain_reset(const HandshakeEnd& end) {
  const bool asked = !end.watch.offered_version.empty() || !end.watch.server;
  return {HandshakeReason::reset,
          fmt::format("the peer ({}) closed the connection in the middle of the handshake{}: look at its log{}",
                      end.watch.server ? "client" : "server", asked ? "" : ", before it sent a ClientHello",
                      asked ? fmt::format("; it may not like our certificate {}", describe(end.own.leaf)) : "")};
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> starts) {
  return std::ranges::any_of(starts, [&](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

HandshakeVerdict explain_handshake(const HandshakeEnd& end) {
  if (end.watch.verify_error != X509_V_OK) return explain_refused_certificate(end);
  if (end.watch.alert_received >= 0) return explain_alert(end);
  if (end.end_of_stream) return explain_reset(end);
  return explain_error(end);
}

std::optional<HandshakeVerdict> judge_first_bytes(Bytes bytes, bool we_are_server) {
  constexpr std::uint8_t kHandshakeRecord = 22, kAlertRecord = 21;
  if (bytes.empty() || bytes[0] == kHandshakeRecord || bytes[0] == kAlertRecord) return std::nullopt;
  const std::string_view text = as_text(bytes);
  const std::string port = we_are_server ? "to this TLS port" : "from the port that we took for a TLS port";
  if (starts_with_any(text, {"GET ", "POST ", "HEAD ", "PUT ", "CONNECT ", "HTTP/"}))
    return HandshakeVerdict{HandshakeReason::plain_http,
                            "the peer speaks HTTP in clear " + port + ": correct the address or port at the peer"};
  if (starts_with_any(text, {"SIP/2.0", "INVITE ", "OPTIONS ", "REGISTER ", "ACK ", "BYE ", "CANCEL ", "\r\n"}) ||
      text.find("SIP/2.0") != std::string_view::npos)
    return HandshakeVerdict{HandshakeReason::plain_sip, "the peer speaks SIP in clear " + port +
                                                            ": set its transport to TLS (or its port to 5060, which "
                                                            "needs a waiver here)"};
  return HandshakeVerdict{
      HandshakeReason::not_tls,
      fmt::format("the first byte from the peer is 0x{:02x}, which is no TLS record: correct its address "
                  "or port",
                  bytes[0])};
}

}  // namespace ringwall::runtime
