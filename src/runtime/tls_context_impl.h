#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/net_address.h"
#include "crypto/certificate.h"
#include "crypto/openssl_ptr.h"
#include "runtime/tls_context.h"
#include "runtime/tls_ticket_keys.h"
#include "sip/transport/flow.h"

namespace ringwall::runtime {

using SslPtr = crypto::OpensslPtr<SSL, SSL_free>;
using SslContextPtr = crypto::OpensslPtr<SSL_CTX, SSL_CTX_free>;
using SslSessionPtr = crypto::OpensslPtr<SSL_SESSION, SSL_SESSION_free>;

/// What OpenSSL's callbacks saw of one handshake. The SSL object points to it (watch_of), so it must not move.
struct HandshakeWatch {
  bool server = false;
  std::vector<std::string> expected_names;  ///< client: the peer's certificate must be for one; empty: any

  std::string offered_version;  ///< server: the highest one in the ClientHello
  std::string server_name;      ///< server: the SNI
  int verify_error = X509_V_OK;
  std::optional<crypto::Certificate> refused;  ///< the certificate that verify_error is about
  int alert_received = -1;
  int alert_sent = -1;
  SslSessionPtr new_session;  ///< client: what resumption will use
};
HandshakeWatch* watch_of(const SSL* ssl);
void set_watch(SSL* ssl, HandshakeWatch* watch);

/// What a handshake may agree on.
struct TlsBounds {
  std::string minimum = "1.2", maximum = "1.3";
  std::vector<std::string> ciphers;  ///< empty: all of policy::tls_ciphers()
  std::vector<std::string> groups;   ///< empty: all of policy::tls_groups()
  /// Whether a handshake that ended so is within them.
  [[nodiscard]] bool hold(const sip::TlsFacts& facts) const;
};

/// The certificate that one context shows.
struct TlsFace {
  SslContextPtr context;
  crypto::Certificate leaf;
  std::vector<std::string> names;  ///< RFC 5922 identities of the leaf
};

struct TlsServerContext::Impl {
  std::vector<TlsFace> faces;     ///< never empty; the first is the default
  std::set<std::string> anchors;  ///< SHA-256 fingerprints of all that it trusts
  std::string minimum;            ///< "TLS 1.2"
  bool certificate_optional = false;
  /// The face whose context this handshake uses.
  [[nodiscard]] const TlsFace& face_of(const SSL* ssl) const;
};

struct TlsClientContext::Impl {
  explicit Impl(TlsFace own) : face(std::move(own)) {}
  /// A session and what the handshake that made it had proved.
  struct Resumable {
    SslSessionPtr session;
    sip::TlsFacts facts;
  };

  TlsFace face;
  std::vector<std::string> names;
  std::set<std::string> anchors;  ///< SHA-256 fingerprints
  TlsBounds bounds;
  std::string minimum;
  std::map<NetAddress, Resumable> sessions;  ///< at most limits::tls_sessions_per_peer
};

/// What a session ticket carries beside the session itself, so that a resumed handshake still knows what the full one
/// proved (the chain is not in the ticket).
struct TicketFacts {
  std::string anchor;
  std::string own_leaf;  ///< SHA-256 of the certificate that the server showed
  std::string group;
};
std::optional<TicketFacts> ticket_facts(SSL* ssl);
/// "x25519", "P-256"; "" if the handshake had none.
std::string negotiated_group(const SSL* ssl);
/// SHA-256 of the certificate at the end of the verified chain; "" if there is no chain (a resumed handshake).
std::string verified_anchor(const SSL* ssl);

// The parts of a context, in tls_context_parts.cc.

/// A context with everything that both sides share: versions, ciphers, groups, identity, anchors.
struct FaceOptions {
  bool server = false;
  const TlsIdentity& identity;
  const std::vector<TrustAnchors>& anchors;
  TlsBounds bounds;
  bool debug_key_log = false;
};
Result<TlsFace> make_face(const FaceOptions& options);
Result<std::vector<crypto::Certificate>> read_anchors(const TrustAnchors& anchors);
/// Server side, in tls_ticket.cc. A ticket is taken only while `impl` still trusts the anchor that it carries and still
/// shows the certificate that it was made under.
void use_session_tickets(SSL_CTX* context, const TlsServerContext::Impl* impl, std::shared_ptr<TicketKeys> keys);

}  // namespace ringwall::runtime
