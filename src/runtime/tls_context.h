#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::runtime {

/// The certificates that an element shows: PEM files, leaf first, then its issuing CAs. Server and client certificates
/// are two, since public CAs no longer issue one for both uses.
struct TlsIdentity {
  std::filesystem::path server_certificate;
  std::filesystem::path server_key;
  std::filesystem::path client_certificate;
  std::filesystem::path client_key;

  /// <folder>/server.crt, server.key, client.crt and client.key.
  static TlsIdentity in_folder(const std::filesystem::path& folder);
};

/// Trusted CA certificates: PEM text, or a PEM file, or both.
struct TrustAnchors {
  std::string pem;
  std::filesystem::path file;
};

class TicketKeys;

struct TlsServerOptions {
  std::vector<TlsIdentity>
      identities;                     ///< the first is the default; others are chosen by the SNI that their names match
  std::vector<TrustAnchors> anchors;  ///< a client certificate must end at one of all these
  std::string tls_minimum = "1.2";    ///< "1.2" or "1.3"
  bool certificate_optional = false;  ///< a client may come without one, and is nobody then; one it shows is verified
  std::shared_ptr<TicketKeys> ticket_keys;  ///< null: of this context alone
  bool debug_key_log = false;               ///< append session keys to the file that SSLKEYLOGFILE names
};

struct TlsClientOptions {
  TlsIdentity identity;
  TrustAnchors anchors;            ///< of this peer alone
  std::vector<std::string> names;  ///< the peer's certificate must be for one of them; the first is sent as SNI
  std::string tls_minimum = "1.2";
  std::string tls_maximum = "1.3";
  std::vector<std::string> ciphers;  ///< of TLS 1.2 and 1.3, as policy/tls_names.h has them; empty: all of them
  std::vector<std::string> groups;   ///< in the order of preference; empty: all
  bool debug_key_log = false;
};

/// What a listener's handshakes use: one per listener, so that session tickets work for all its connections. TLS 1.2
/// and 1.3, ECDHE with AEAD only, a client certificate is demanded unless it is optional. Immutable; live connections
/// keep the one they began with.
class TlsServerContext {
 public:
  static Result<std::shared_ptr<TlsServerContext>> create(const TlsServerOptions& options);
  ~TlsServerContext();
  struct Impl;  ///< runtime/ only (tls_context_impl.h)
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  explicit TlsServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What connections to one peer use. Keeps that peer's sessions for resumption.
class TlsClientContext {
 public:
  static Result<std::shared_ptr<TlsClientContext>> create(const TlsClientOptions& options);
  ~TlsClientContext();
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringwall::runtime
