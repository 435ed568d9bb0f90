#include "runtime/tls_context.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "runtime/tls_context_impl.h"

namespace ringwall::runtime {
namespace {

std::string version_text(int wire) {
  switch (wire) {
    case TLS1_3_VERSION:
      return "TLS 1.3";
    case TLS1_2_VERSION:
      return "TLS 1.2";
    case TLS1_1_VERSION:
      return "TLS 1.1";
    case TLS1_VERSION:
      return "TLS 1.0";
    case SSL3_VERSION:
      return "SSL 3.0";
    default:
      return {};
  }
}

/// The highest version that the client offers: supported_versions (RFC 8446 section 4.2.1), else the legacy field.
std::string offered_version(SSL* ssl) {
  int highest = static_cast<int>(SSL_client_hello_get0_legacy_version(ssl));
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &data, &size) == 1) {
    ByteReader reader({data, size});
    reader.u8();
    highest = 0;
    while (reader.remaining() >= 2) {
      const int version = reader.u16();
      if (!version_text(version).empty()) highest = std::max(highest, version);
    }
  }
  return version_text(highest);
}

/// The host_name of the server_name extension (RFC 6066 section 3), "" if there is none.
std::string offered_name(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) return {};
  ByteReader reader({data, size});
  reader.u16();
  if (reader.u8() != TLSEXT_NAMETYPE_host_name) return {};
  const Bytes name = reader.take(reader.u16());
  return reader.ok() && name.size() <= TLSEXT_MAXLEN_host_name ? to_lower(as_text(name)) : std::string();
}

/// Before OpenSSL chooses a version: note what was offered, and show the certificate that the SNI asks for.
int read_client_hello(SSL* ssl, int*, void* argument) {
  const auto* impl = static_cast<const TlsServerContext::Impl*>(argument);
  HandshakeWatch* watch = watch_of(ssl);
  if (watch == nullptr) return SSL_CLIENT_HELLO_ERROR;
  watch->offered_version = offered_version(ssl);
  watch->server_name = offered_name(ssl);
  for (const TlsFace& face : impl->faces) {
    if (std::ranges::find(face.names, watch->server_name) == face.names.end()) continue;
    SSL_set_SSL_CTX(ssl, face.context.get());
    break;
  }
  // An unknown name gets the default certificate: RFC 6066 lets the client judge it.
  return SSL_CLIENT_HELLO_SUCCESS;
}

/// Takes the session for later resumption; the return value 1 says that the reference is kept.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  HandshakeWatch* watch = watch_of(ssl);
  if (watch == nullptr) return 0;
  watch->new_session.reset(session);
  return 1;
}

}  // namespace

TlsIdentity TlsIdentity::in_folder(const std::filesystem::path& folder) {
  return {folder / "server.crt", folder / "server.key", folder / "client.crt", folder / "client.key"};
}

const TlsFace& TlsServerContext::Impl::face_of(const SSL* ssl) const {
  for (const TlsFace& face : faces)
    if (face.context.get() == SSL_get_SSL_CTX(ssl)) return face;
  return faces.front();
}

TlsServerContext::TlsServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServerContext::~TlsServerContext() = default;

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::create(const TlsServerOptions& options) {
  if (options.identities.empty()) return fail("a TLS listener needs an identity", {}, "name its certificate and key");
  auto impl = std::make_unique<Impl>();
  impl->minimum = "TLS " + options.tls_minimum;
  impl->certificate_optional = options.certificate_optional;
  for (const TrustAnchors& set : options.anchors) {
    TRY(const auto certificates, read_anchors(set));
    for (const auto& anchor : certificates)
      impl->anchors.insert(anchor.sha256_fingerprint());
  }
  const auto keys = options.ticket_keys ? options.ticket_keys : std::make_shared<TicketKeys>();
  for (const TlsIdentity& identity : options.identities) {
    TRY(auto face, make_face({.server = true,
                              .identity = identity,
                              .anchors = options.anchors,
                              .bounds = {.minimum = options.tls_minimum},
                              .debug_key_log = options.debug_key_log}));
    if (options.certificate_optional)
      SSL_CTX_set_verify(face.context.get(), SSL_VERIFY_PEER, SSL_CTX_get_verify_callback(face.context.get()));
    use_session_tickets(face.context.get(), impl.get(), keys);
    SSL_CTX_set_client_hello_cb(face.context.get(), read_client_hello, impl.get());
    impl->faces.push_back(std::move(face));
  }
  return std::shared_ptr<TlsServerContext>(new TlsServerContext(std::move(impl)));
}

TlsClientContext::TlsClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClientContext::~TlsClientContext() = default;

Result<std::shared_ptr<TlsClientContext>> TlsClientContext::create(const TlsClientOptions& options) {
  const TlsBounds bounds{options.tls_minimum, options.tls_maximum, options.ciphers, options.groups};
  const std::vector<TrustAnchors> own_anchors{options.anchors};
  TRY(auto face, make_face({.identity = options.identity,
                            .anchors = own_anchors,
                            .bounds = bounds,
                            .debug_key_log = options.debug_key_log}));
  SSL_CTX_set_session_cache_mode(face.context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(face.context.get(), keep_session);
  auto impl = std::make_unique<Impl>(std::move(face));
  impl->minimum = "TLS " + options.tls_minimum;
  impl->bounds = bounds;
  for (const auto& name : options.names)
    impl->names.push_back(to_lower(name));
  TRY(const auto anchors, read_anchors(options.anchors));
  for (const auto& anchor : anchors)
    impl->anchors.insert(anchor.sha256_fingerprint());
  if (impl->anchors.empty())
    return fail("a peer without trust anchors can never be verified", {}, "name the CA file of the peer");
  if (impl->names.empty())
    return fail("a peer without expected names can never be verified", {}, "name what its certificate must say");
  return std::shared_ptr<TlsClientContext>(new TlsClientContext(std::move(impl)));
}

}  // namespace ringwall::runtime
