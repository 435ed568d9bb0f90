#include <openssl/err.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/key.h"
#include "policy/tls_names.h"
#include "runtime/tls_context_impl.h"

namespace ringwall::runtime {
namespace {

/// "a:b:c", as OpenSSL takes lists.
std::string list_of(std::string list, std::string_view name) {
  return (list.empty() ? "" : list + ":") + std::string(name);
}

Result<Secret> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("the file cannot be read", path.string(), "check that it exists and that this user may read it");
  Buffer bytes;
  std::array<char, 4096> part;
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    bytes.insert(bytes.end(), part.begin(), part.begin() + in.gcount());
    if (bytes.size() > limits::configuration_bytes)
      return fail("the file is too large for certificates", path.string(), "give a PEM file");
  }
  explicit_bzero(part.data(), part.size());
  return Secret(std::move(bytes));
}

/// SSLKEYLOGFILE for Wireshark: only after an explicit debug option, never by the environment alone.
void log_key_line(const SSL*, const char* line) {
  static std::mutex mutex;
  const char* path = std::getenv("SSLKEYLOGFILE");
  if (path == nullptr) return;
  const std::lock_guard lock(mutex);
  if (std::FILE* file = std::fopen(path, "ae")) {
    std::fprintf(file, "%s\n", line);
    std::fclose(file);
  }
}

void watch_alerts(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_ALERT) == 0 || (value & 0xff) == SSL_AD_CLOSE_NOTIFY) return;
  if (HandshakeWatch* watch = watch_of(ssl))
    ((where & SSL_CB_READ) != 0 ? watch->alert_received : watch->alert_sent) = value & 0xff;
}

bool identifies_one_of(const crypto::Certificate& certificate, const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (certificate.identifies(name)) return true;
  return names.empty();
}

/// After OpenSSL's own checks: on the client side, the name (RFC 5922 section 7.3), so that a wrong peer sees an alert
/// and no byte of SIP. Keeps what was refused for the explanation.
int verify_peer(int good, X509_STORE_CTX* store) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  HandshakeWatch* watch = watch_of(ssl);
  if (watch == nullptr) return 0;
  X509* current = X509_STORE_CTX_get_current_cert(store);
  auto certificate = current ? crypto::Certificate::from_native(current, "the peer's certificate")
                             : Result<crypto::Certificate>(fail("no certificate"));
  if (good == 1 && X509_STORE_CTX_get_error_depth(store) == 0) {
    if (!certificate) {
      good = 0;
      X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    } else if (!watch->server && !identifies_one_of(*certificate, watch->expected_names)) {
      good = 0;
      X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    }
  }
  if (good == 0) {
    watch->verify_error = X509_STORE_CTX_get_error(store);
    if (certificate) watch->refused = std::move(*certificate);
  }
  return good;
}

Result<> use_versions(SSL_CTX* context, const TlsBounds& bounds) {
  const auto wire = [](const std::string& version) {
    return version == "1.3" ? TLS1_3_VERSION : version == "1.2" ? TLS1_2_VERSION : 0;
  };
  const int minimum = wire(bounds.minimum), maximum = wire(bounds.maximum);
  if (minimum == 0)
    return fail("the TLS minimum \"" + bounds.minimum + "\" is not known", {}, "write \"1.2\" or \"1.3\"");
  if (maximum == 0 || maximum < minimum)
    return fail("the TLS maximum \"" + bounds.maximum + "\" is not known or below the minimum", {},
                "write \"1.2\" or \"1.3\"");
  CHECK(SSL_CTX_set_min_proto_version(context, minimum) == 1);
  CHECK(SSL_CTX_set_max_proto_version(context, maximum) == 1);
  return {};
}

/// RFC 9325 section 4.2: forward secrecy and AEAD only, whatever is asked for.
Result<> use_algorithms(SSL_CTX* context, const TlsBounds& bounds) {
  std::string of_12, of_13, groups;
  const auto take = [&](const policy::TlsCipher& cipher) {
    std::string& list = cipher.tls13 ? of_13 : of_12;
    list = list_of(std::move(list), cipher.name);
  };
  for (const std::string& name : bounds.ciphers) {
    const policy::TlsCipher* cipher = policy::find_tls_cipher(name);
    if (cipher == nullptr) return fail("there is no cipher \"" + name + "\"", {}, "run 'ringwall check'");
    take(*cipher);
  }
  if (bounds.ciphers.empty())
    for (const policy::TlsCipher& cipher : policy::tls_ciphers())
      take(cipher);
  for (const std::string& name : bounds.groups)
    groups = list_of(std::move(groups), name);
  if (bounds.groups.empty())
    for (const std::string_view name : policy::tls_groups())
      groups = list_of(std::move(groups), name);
  // A version without a cipher of its own is never offered: bounds that allow it are refused by ringwall check.
  if (!of_12.empty() && SSL_CTX_set_cipher_list(context, of_12.c_str()) != 1)
    return fail("OpenSSL takes none of the ciphers " + of_12, {}, "run 'ringwall check'");
  if (SSL_CTX_set_ciphersuites(context, of_13.c_str()) != 1 || SSL_CTX_set1_groups_list(context, groups.c_str()) != 1)
    return fail("OpenSSL does not take " + of_13 + " with " + groups, {}, "run 'ringwall check'");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return {};
}

/// A certificate for one side must not be shown as the other: public authorities issue for servers alone, and a peer
/// that checks (as we do) would end the handshake with an alert that says little.
Result<> check_purpose(const crypto::Certificate& leaf, bool server, const std::filesystem::path& file) {
  const auto& purposes = leaf.facts().purposes;
  const std::string needed = server ? "serverAuth" : "clientAuth";
  if (purposes.empty() || std::ranges::find(purposes, needed) != purposes.end()) return {};
  return fail(fmt::format("this certificate ({}) cannot be used as a {}: its extended key usage lacks {}",
                          leaf.subject(), server ? "server" : "client", needed),
              file.string(),
              server ? "put the server's certificate here"
                     : "connections to others need a client certificate: 'ringwall pki issue' makes both");
}

/// Loads leaf, chain and key into the context; gives the leaf.
Result<crypto::Certificate> use_identity(SSL_CTX* context, bool server, const TlsIdentity& identity) {
  const auto& certificate_file = server ? identity.server_certificate : identity.client_certificate;
  const auto& key_file = server ? identity.server_key : identity.client_key;
  TRY(const Secret certificate_text, read_file(certificate_file));
  TRY(auto chain, crypto::read_certificates(as_text(certificate_text.reveal()), certificate_file.string()));
  TRY(const Secret key_text, read_file(key_file));
  TRY(const auto key, crypto::PrivateKey::from_pem(key_text, key_file.string()));
  if (!chain[0].belongs_to(key))
    return fail("this key does not belong to the first certificate of " + certificate_file.string(), key_file.string(),
                "put the key beside the certificate that was issued for it");
  TRY_VOID(check_purpose(chain[0], server, certificate_file));
  crypto::X509StackPtr rest(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    CHECK(X509_up_ref(chain[i].native()) == 1);
    CHECK(sk_X509_push(rest.get(), chain[i].native()) > 0);
  }
  if (SSL_CTX_use_cert_and_key(context, chain[0].native(), key.native(), rest.get(), 1) != 1)
    return fail("OpenSSL refuses this certificate: " + crypto::take_openssl_reasons(), certificate_file.string(),
                "issue a new one (at least RSA 2048 or P-256, SHA-256)");
  return chain[0];
}

int watch_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

bool TlsBounds::hold(const sip::TlsFacts& facts) const {
  const std::string version = facts.version == "TLSv1.3" ? "1.3" : "1.2";  // "1.2" < "1.3" as text
  const auto is_cipher = [&](const std::string& name) {
    const policy::TlsCipher* cipher = policy::find_tls_cipher(name);
    return cipher != nullptr && cipher->standard == facts.cipher;
  };
  const auto is_group = [&](const std::string& name) { return equals_ignoring_case(name, facts.group); };
  return version >= minimum && version <= maximum && (ciphers.empty() || std::ranges::any_of(ciphers, is_cipher)) &&
         (groups.empty() || facts.group.empty() || std::ranges::any_of(groups, is_group));
}

HandshakeWatch* watch_of(const SSL* ssl) {
  return static_cast<HandshakeWatch*>(SSL_get_ex_data(ssl, watch_index()));
}
void set_watch(SSL* ssl, HandshakeWatch* watch) {
  CHECK(SSL_set_ex_data(ssl, watch_index(), watch) == 1);
}

Result<std::vector<crypto::Certificate>> read_anchors(const TrustAnchors& anchors) {
  std::vector<crypto::Certificate> all;
  if (!anchors.pem.empty()) {
    TRY(all, crypto::read_certificates(anchors.pem, "trust anchors"));
  }
  if (!anchors.file.empty()) {
    TRY(const Secret text, read_file(anchors.file));
    TRY(const auto more, crypto::read_certificates(as_text(text.reveal()), anchors.file.string()));
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

Result<TlsFace> make_face(const FaceOptions& options) {
  const bool server = options.server;
  SslContextPtr context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  CHECK(context != nullptr);
  TRY_VOID(use_versions(context.get(), options.bounds));
  TRY_VOID(use_algorithms(context.get(), options.bounds));
  TRY(auto leaf, use_identity(context.get(), server, options.identity));
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  for (const auto& set : options.anchors) {
    TRY(const auto certificates, read_anchors(set));
    for (const auto& anchor : certificates)
      CHECK(X509_STORE_add_cert(store, anchor.native()) == 1);
  }
  // An operator may trust an issuing CA, or one certificate, without its root.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), verify_peer);
  SSL_CTX_set_info_callback(context.get(), watch_alerts);
  if (options.debug_key_log) {
    SSL_CTX_set_keylog_callback(context.get(), log_key_line);
    log::warning("tls", "session keys are written to the file that SSLKEYLOGFILE names: a debug option is on");
  }
  auto names = leaf.sip_identities();
  return TlsFace{std::move(context), std::move(leaf), std::move(names)};
}

}  // namespace ringwall::runtime
