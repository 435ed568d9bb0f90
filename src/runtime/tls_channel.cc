#include "runtime/tls_channel.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"

namespace ringwall::runtime {
namespace {

/// The key kind as `show sip-ua connections` words it.
std::string kind_of(EVP_PKEY* key) {
  switch (key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return "RSA";
    case EVP_PKEY_EC:
      return "ECDSA";
    case EVP_PKEY_ED25519:
      return "Ed25519";
    default:
      return {};
  }
}

std::string first_or_empty(const std::vector<std::string>& names) {
  return names.empty() ? std::string() : names[0];
}

/// Whether the name that a client asked for is our end's address. RFC 6066 section 3 has names only; clients in use
/// send what they were given to connect to.
bool is_own_address(const std::string& name, int socket) {
  if (name.find_first_not_of("0123456789abcdef.:") != std::string::npos) return false;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0) return false;
  const void* ip = own.ss_family == AF_INET ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(&own)->sin_addr)
                                            : &reinterpret_cast<sockaddr_in6*>(&own)->sin6_addr;
  std::array<char, INET6_ADDRSTRLEN> text;
  return ::inet_ntop(own.ss_family, ip, text.data(), text.size()) != nullptr && name == text.data();
}

}  // namespace

TlsChannel::TlsChannel(int socket, std::shared_ptr<TlsServerContext> context) : server_(std::move(context)) {
  watch_.server = true;
  attach(socket, server_->impl().faces.front().context.get());
  SSL_set_accept_state(ssl_.get());
}

TlsChannel::TlsChannel(int socket, std::shared_ptr<TlsClientContext> context, NetAddress remote)
    : client_(std::move(context)), remote_(std::move(remote)) {
  auto& impl = client_->impl();
  watch_.expected_names = impl.names;
  attach(socket, impl.face.context.get());
  SSL_set_connect_state(ssl_.get());
  CHECK(SSL_set_tlsext_host_name(ssl_.get(), impl.names.front().c_str()) == 1);
  const auto known = impl.sessions.find(remote_);
  if (known == impl.sessions.end()) return;
  // A session is offered only while the certificate that it was made with holds.
  if (known->second.facts.peer_not_after <= wall_now())
    impl.sessions.erase(known);
  else
    offered_session_ = SSL_set_session(ssl_.get(), known->second.session.get()) == 1;
}

TlsChannel::~TlsChannel() {
  // A connection that broke says nothing against its session: without this OpenSSL would not resume it.
  if (established_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN);
}

void TlsChannel::attach(int socket, SSL_CTX* context) {
  socket_ = socket;
  ssl_.reset(SSL_new(context));
  CHECK(ssl_ != nullptr);
  set_watch(ssl_.get(), &watch_);
  bio_.emplace(socket);
  SSL_set_bio(ssl_.get(), bio_->native(), bio_->native());
}

bool TlsChannel::refuse_clear_text() {
  if (first_bytes_seen_) return false;
  std::array<std::uint8_t, 512> bytes;
  const auto count = ::recv(socket_, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count <= 0) return false;
  first_bytes_seen_ = true;
  auto verdict = judge_first_bytes({bytes.data(), static_cast<std::size_t>(count)}, watch_.server);
  if (!verdict) return false;
  verdict_ = std::move(*verdict);
  return true;
}

IoStatus TlsChannel::handshake() {
  if (refuse_clear_text()) return IoStatus::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return judge_failure(result);
  if (!accept_facts()) return IoStatus::failed;
  established_ = true;
  keep_session();
  return IoStatus::done;
}

IoStatus TlsChannel::judge_failure(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return IoStatus::want_read;
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::want_write;
    case SSL_ERROR_ZERO_RETURN:
      if (established_) return IoStatus::closed;
      break;
    default:
      break;
  }
  // In TLS 1.3 a client ends its handshake before the server has judged the client's certificate: a refusal arrives as
  // an alert in place of the first bytes (RFC 8446 section 4.4.2.4), and is a failed handshake all the same.
  const bool late_refusal = established_ && client_ && !anything_read_ && watch_.alert_received >= 0;
  if (established_ && !late_refusal) {
    const bool reset = ERR_peek_error() == 0 || ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    ERR_clear_error();
    return reset && errno == 0 ? IoStatus::closed : IoStatus::failed;
  }
  const unsigned long error = ERR_peek_error();
  const bool end = error == 0 || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  verdict_ = explain_handshake({watch_, server_ ? server_->impl().face_of(ssl_.get()) : client_->impl().face,
                                server_ ? server_->impl().minimum : client_->impl().minimum,
                                server_ ? TlsBounds{} : client_->impl().bounds, error, end, ssl_.get()});
  ERR_clear_error();
  // What led to a refusal is not tried again with the same session.
  if (client_) client_->impl().sessions.erase(remote_);
  return IoStatus::failed;
}

void TlsChannel::fill_peer(const crypto::Certificate& peer) {
  facts_.peer_names = peer.sip_identities();
  facts_.peer_subject = peer.subject();
  facts_.peer_issuer = peer.issuer();
  facts_.peer_serial = peer.serial();
  facts_.peer_not_after = peer.not_after();
}

/// Fills facts_. False (with a verdict) if the handshake proved less than it must.
bool TlsChannel::accept_facts() {
  SSL* ssl = ssl_.get();
  facts_.version = SSL_get_version(ssl);
  facts_.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
  facts_.group = negotiated_group(ssl);
  facts_.resumed = SSL_session_reused(ssl) == 1;
  facts_.by_address = server_ && !watch_.server_name.empty() && is_own_address(watch_.server_name, socket_);
  facts_.anchor = verified_anchor(ssl);
  facts_.local_name = first_or_empty(server_ ? server_->impl().face_of(ssl).names : client_->impl().face.names);
  X509* shown = SSL_get0_peer_certificate(ssl);
  if (server_ && server_->impl().certificate_optional && shown == nullptr) return true;
  const auto peer = shown != nullptr ? crypto::Certificate::from_native(shown, "the peer's certificate")
                                     : Result<crypto::Certificate>(fail("there is none"));
  if (peer) fill_peer(*peer);
  if (facts_.resumed) {
    std::string group;
    if (server_) {
      if (auto ticket = ticket_facts(ssl)) facts_.anchor = ticket->anchor, group = ticket->group;
    } else if (const auto known = client_->impl().sessions.find(remote_); known != client_->impl().sessions.end()) {
      facts_.anchor = known->second.facts.anchor;
      group = known->second.facts.group;
    }
    if (facts_.group.empty()) facts_.group = group;
  }
  bool named = watch_.expected_names.empty();
  for (const auto& name : watch_.expected_names)
    named = named || (peer && peer->identifies(name));
  if (peer && named && !facts_.anchor.empty()) return true;
  verdict_ = {HandshakeReason::certificate_invalid,
              "the handshake ended without a verified certificate of the peer: connect again without resumption"};
  if (client_) client_->impl().sessions.erase(remote_);
  return false;
}

void TlsChannel::keep_session() {
  if (!client_ || !watch_.new_session || !established_) return;
  auto& sessions = client_->impl().sessions;
  if (!sessions.contains(remote_) && sessions.size() >= limits::tls_sessions_per_peer) sessions.erase(sessions.begin());
  sessions[remote_] = {std::move(watch_.new_session), facts_};
}

Io TlsChannel::read(MutableBytes out) {
  if (anything_read_ && SSL_pending(ssl_.get()) == 0 && bio_->take_drained()) return {IoStatus::want_read, 0};
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), out.data(), out.size(), &count);
  keep_session();
  if (result == 1) {
    anything_read_ = true;
    return {IoStatus::done, count};
  }
  return {judge_failure(result), 0};
}

Io TlsChannel::write(std::string_view bytes) {
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  if (result == 1) return {IoStatus::done, count};
  return {judge_failure(result), 0};
}

void TlsChannel::send_close_notify() {
  if (!established_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

HandshakeVerdict TlsChannel::timed_out(Duration limit) const {
  const auto seconds = std::chrono::duration<double>(limit).count();
  if (watch_.server && watch_.offered_version.empty())
    return {HandshakeReason::timeout,
            fmt::format(
                "the peer (client) connected but sent no complete ClientHello within {:g} s: it may be a port scan, "
                "or a peer that speaks no TLS and waits for us",
                seconds)};
  return {HandshakeReason::timeout,
          fmt::format(
              "the peer ({}) did not finish the TLS handshake within {:g} s: it hangs or the network loses packets; "
              "look at its log and at the path's MTU",
              watch_.server ? "client" : "server", seconds)};
}

std::string TlsChannel::certificate_kind() const {
  const X509* certificate = server_ ? SSL_get_certificate(ssl_.get()) : SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? std::string() : kind_of(X509_get0_pubkey(certificate));
}

}  // namespace ringwall::runtime
