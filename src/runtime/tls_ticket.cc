#include <openssl/obj_mac.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "runtime/tls_context_impl.h"

// Session tickets (RFC 5077, RFC 8446 section 4.6.1). OpenSSL encrypts the session, the client's certificate in it,
// under a key of TicketKeys; what the full handshake proved rides along as application data.

namespace ringwall::runtime {
namespace {

int impl_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

const TlsServerContext::Impl* impl_of(const SSL* ssl) {
  return static_cast<const TlsServerContext::Impl*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), impl_index()));
}

int add_facts_to_ticket(SSL* ssl, void*) {
  SSL_SESSION* session = SSL_get_session(ssl);
  if (session == nullptr) return 0;
  // A resumed session that gets a new ticket keeps what the first one carried.
  if (SSL_session_reused(ssl) == 1) return 1;
  const std::string text = fmt::format("{} {} {}", verified_anchor(ssl),
                                       impl_of(ssl)->face_of(ssl).leaf.sha256_fingerprint(), negotiated_group(ssl));
  return SSL_SESSION_set1_ticket_appdata(session, text.data(), text.size());
}

/// Whether the certificate that the session was made with still holds: resumption must not outlive it.
bool certificate_still_valid(const SSL* ssl, SSL_SESSION* session) {
  const X509* peer = SSL_SESSION_get0_peer(session);
  // Without a certificate nothing was proved that could end; but it has to be optional here as well.
  if (peer == nullptr) return (SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0;
  return X509_cmp_current_time(X509_get0_notAfter(peer)) > 0 && X509_cmp_current_time(X509_get0_notBefore(peer)) < 0;
}

std::optional<TicketFacts> facts_of(SSL_SESSION* session) {
  void* data = nullptr;
  std::size_t size = 0;
  if (session == nullptr || SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1 || size == 0) return {};
  std::string_view text(static_cast<const char*>(data), size);
  TicketFacts facts;
  facts.anchor = take_until(text, ' ');
  facts.own_leaf = take_until(text, ' ');
  facts.group = text;
  return facts;
}

/// The keys outlive a reload; what was believed and shown before it does not.
bool still_believed(const SSL* ssl, SSL_SESSION* session) {
  const auto facts = facts_of(session);
  const TlsServerContext::Impl& impl = *impl_of(ssl);
  const bool nothing_proved = impl.certificate_optional && SSL_SESSION_get0_peer(session) == nullptr;
  return facts && (nothing_proved || impl.anchors.contains(facts->anchor)) &&
         std::ranges::any_of(impl.faces,
                             [&](const TlsFace& face) { return face.leaf.sha256_fingerprint() == facts->own_leaf; });
}

SSL_TICKET_RETURN judge_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
  if (!certificate_still_valid(ssl, session) || !still_believed(ssl, session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

std::string negotiated_group(const SSL* ssl) {
  // The macro takes a pointer to a changeable SSL, though it only reads.
  const auto nid = SSL_get_negotiated_group(const_cast<SSL*>(ssl));
  switch (nid) {
    case NID_X25519:
      return "x25519";
    case NID_X448:
      return "x448";
    case NID_X9_62_prime256v1:
      return "P-256";
    case NID_secp384r1:
      return "P-384";
    case NID_secp521r1:
      return "P-521";
    default:
      return {};
  }
}

std::string verified_anchor(const SSL* ssl) {
  STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  if (chain == nullptr || sk_X509_num(chain) == 0) return {};
  const auto anchor = crypto::Certificate::from_native(sk_X509_value(chain, sk_X509_num(chain) - 1));
  return anchor ? anchor->sha256_fingerprint() : std::string();
}

std::optional<TicketFacts> ticket_facts(SSL* ssl) {
  return facts_of(SSL_get_session(ssl));
}

void use_session_tickets(SSL_CTX* context, const TlsServerContext::Impl* impl, std::shared_ptr<TicketKeys> keys) {
  // Sessions live in the clients' tickets alone; one ticket per handshake is enough for one connection at a time.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  CHECK(SSL_CTX_set_num_tickets(context, 1) == 1);
  static constexpr unsigned char kContextName[] = "ringwall-sip";
  CHECK(SSL_CTX_set_session_id_context(context, kContextName, sizeof kContextName - 1) == 1);
  // The implementation owns the context, so it outlives it.
  CHECK(SSL_CTX_set_ex_data(context, impl_index(), const_cast<TlsServerContext::Impl*>(impl)) == 1);
  CHECK(SSL_CTX_set_session_ticket_cb(context, add_facts_to_ticket, judge_ticket, nullptr) == 1);
  use_ticket_keys(context, std::move(keys));
}

}  // namespace ringwall::runtime
