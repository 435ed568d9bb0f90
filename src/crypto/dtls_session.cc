#include "crypto/dtls_session.h"

#include <openssl/err.h>
#include <openssl/srtp.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/constant_time.h"
#include "crypto/dtls_session_impl.h"

namespace ringwall::crypto {
namespace {

using namespace std::chrono_literals;

constexpr unsigned first_timeout_us = 200'000, longest_timeout_us = 3'000'000;
constexpr std::string_view exporter_label = "EXTRACTOR-dtls_srtp";  // RFC 5764 section 4.2

struct Profile {
  SrtpProfile id;
  std::string_view name;
  unsigned long number;
  std::size_t key, salt;
};
constexpr std::array<Profile, 4> profiles{{
    {SrtpProfile::aead_aes_256_gcm, "SRTP_AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM, 32, 12},
    {SrtpProfile::aead_aes_128_gcm, "SRTP_AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM, 16, 12},
    {SrtpProfile::aes128_cm_sha1_80, "SRTP_AES128_CM_SHA1_80", SRTP_AES128_CM_SHA1_80, 16, 14},
    {SrtpProfile::aes128_cm_sha1_32, "SRTP_AES128_CM_SHA1_32", SRTP_AES128_CM_SHA1_32, 16, 14},
}};

unsigned next_timeout(SSL* ssl, unsigned before_us) {
  (void)ssl;
  return before_us == 0 ? first_timeout_us : std::min(2 * before_us, longest_timeout_us);
}

}  // namespace

std::string_view print(SrtpProfile profile) {
  return std::ranges::find(profiles, profile, &Profile::id)->name;
}

DtlsSession::Impl::Impl(std::shared_ptr<const DtlsContext> shared, DtlsOptions wanted, Time now, Bytes shown_cookie)
    : context(std::move(shared)),
      options(std::move(wanted)),
      cookie(to_buffer(shown_cookie)),
      deadline(now + limits::dtls_handshake_time),
      ssl(SSL_new(context->native())),
      listening(!options.active && !cookie.empty()) {
  CHECK(ssl != nullptr && !options.profiles.empty());
  SSL_set_app_data(ssl.get(), this);
  std::string names;
  for (const SrtpProfile profile : options.profiles)
    names.append(names.empty() ? "" : ":").append(print(profile));
  CHECK(SSL_set_tlsext_use_srtp(ssl.get(), names.c_str()) == 0);
  CHECK(SSL_set_mtu(ssl.get(), static_cast<long>(mtu)) != 0);
  DTLS_set_timer_cb(ssl.get(), next_timeout);
  BIO* const bio = BIO_new(Callbacks::method());
  CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  if (options.active)
    SSL_set_connect_state(ssl.get());
  else
    SSL_set_accept_state(ssl.get());
}

/// Reads the hello whose cookie was checked, so that OpenSSL knows of the exchange before it.
void DtlsSession::Impl::listen() {
  const OpensslPtr<BIO_ADDR, BIO_ADDR_free> client(BIO_ADDR_new());
  ERR_clear_error();
  listening = DTLSv1_listen(ssl.get(), client.get()) != 1;
}

void DtlsSession::Impl::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl.get());
  if (result == 1) return finish();
  const int error = SSL_get_error(ssl.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(explain(result));
}

/// The handshake is whole: the peer has proved the key of its certificate. RFC 5764 section 4.2: the exported block is
/// client key, server key, client salt, server salt.
void DtlsSession::Impl::finish() {
  const SRTP_PROTECTION_PROFILE* const chosen = SSL_get_selected_srtp_profile(ssl.get());
  const auto* const profile =
      chosen == nullptr ? profiles.end() : std::ranges::find(profiles, chosen->id, &Profile::number);
  if (profile == profiles.end()) {
    SSL_shutdown(ssl.get());
    return fail("the peer supports no SRTP profile that this leg accepts");
  }
  Secret block(Buffer(2 * (profile->key + profile->salt)));
  const MutableBytes bytes = block.reveal_mutable();
  CHECK(SSL_export_keying_material(ssl.get(), bytes.data(), bytes.size(), exporter_label.data(), exporter_label.size(),
                                   nullptr, 0, 0) == 1);
  const auto side = [&](std::size_t at) {
    Buffer out = to_buffer(bytes.subspan(at * profile->key, profile->key));
    const Bytes salt = bytes.subspan(2 * profile->key + at * profile->salt, profile->salt);
    out.insert(out.end(), salt.begin(), salt.end());
    return Secret(std::move(out));
  };
  keys = DtlsKeys{profile->id, side(options.active ? 0 : 1), side(options.active ? 1 : 0)};
  state = State::done;
}

/// After the handshake: a flight that the peer repeats is answered from inside SSL_read; data would mean nothing.
void DtlsSession::Impl::read_on() {
  std::array<char, 2048> ignored;
  ERR_clear_error();
  while (SSL_read(ssl.get(), ignored.data(), ignored.size()) > 0) {
  }
  closed = closed || (SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void DtlsSession::Impl::fail(std::string reason) {
  state = State::failed;
  why = std::move(reason);
}

std::string DtlsSession::Impl::explain(int result) const {
  const unsigned long error = ERR_peek_error();
  const std::string reasons = take_openssl_reasons();
  if (wrong_certificate)
    return fmt::format("the peer's certificate ({}) has not the signalled fingerprint", shown_certificate);
  if (ERR_GET_REASON(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "the peer showed no certificate";
  if (!alert.empty()) return fmt::format("the peer refused the DTLS handshake: {}", alert);
  if (result == 0) return "the peer ended the DTLS handshake";
  return fmt::format("the DTLS handshake failed: {}", reasons);
}

DtlsSession::DtlsSession(std::shared_ptr<const DtlsContext> context, DtlsOptions options, Time now, Bytes cookie)
    : impl_(std::make_unique<Impl>(std::move(context), std::move(options), now, cookie)) {
  if (impl_->options.active) impl_->shake_hands();
}

DtlsSession::~DtlsSession() = default;

void DtlsSession::receive(Bytes datagram, Time now) {
  Impl& self = *impl_;
  expire(now);
  if (self.state == State::failed || self.closed) return;
  if (self.state == State::handshaking && ++self.datagrams > limits::dtls_handshake_datagrams) return;
  self.incoming = datagram;
  if (self.state == State::done) {
    self.read_on();
  } else {
    if (self.listening) self.listen();
    if (!self.listening) self.shake_hands();
  }
  self.incoming = {};
}

std::optional<Time> DtlsSession::next_timer(Time now) const {
  if (impl_->state != State::handshaking) return std::nullopt;
  timeval left{};
  if (DTLSv1_get_timeout(impl_->ssl.get(), &left) != 1) return impl_->deadline;
  const auto wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  return std::min(impl_->deadline, now + wait);
}

void DtlsSession::expire(Time now) {
  Impl& self = *impl_;
  if (self.state != State::handshaking) return;
  if (now >= self.deadline)
    return self.fail(
        fmt::format("the DTLS handshake was not finished within {} s", limits::dtls_handshake_time.count()));
  ERR_clear_error();
  if (DTLSv1_handle_timeout(self.ssl.get()) < 0) self.fail("the peer did not answer the DTLS handshake");
}

void DtlsSession::close() {
  if (impl_->state == State::done) SSL_shutdown(impl_->ssl.get());
}

std::optional<Buffer> DtlsSession::poll_transmit() {
  if (impl_->outgoing.empty()) return std::nullopt;
  Buffer out = std::move(impl_->outgoing.front());
  impl_->outgoing.pop_front();
  return out;
}

DtlsSession::State DtlsSession::state() const {
  return impl_->state;
}
const std::string& DtlsSession::why() const {
  return impl_->why;
}
bool DtlsSession::wrong_certificate() const {
  return impl_->wrong_certificate;
}
bool DtlsSession::closed() const {
  return impl_->closed;
}

std::optional<DtlsKeys> DtlsSession::take_keys() {
  return std::exchange(impl_->keys, std::nullopt);
}

}  // namespace ringwall::crypto
