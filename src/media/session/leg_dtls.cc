#include "media/session/leg_dtls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "crypto/constant_time.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

/// How long an address that was not signalled may hold the leg without coming to an end.
constexpr auto patience_with_strangers = 3s;

constexpr std::array<std::pair<Suite, crypto::SrtpProfile>, 4> profiles{{
    {Suite::aead_aes_256_gcm, crypto::SrtpProfile::aead_aes_256_gcm},
    {Suite::aead_aes_128_gcm, crypto::SrtpProfile::aead_aes_128_gcm},
    {Suite::aes_cm_128_hmac_sha1_80, crypto::SrtpProfile::aes128_cm_sha1_80},
    {Suite::aes_cm_128_hmac_sha1_32, crypto::SrtpProfile::aes128_cm_sha1_32},
}};

Suite suite_of(crypto::SrtpProfile profile) {
  return std::ranges::find(profiles, profile, &std::pair<Suite, crypto::SrtpProfile>::second)->first;
}

/// A cookie is good for one address and one association: an old hello that comes late begins nothing.
std::array<std::uint8_t, 23> cookie_input(const PacketAddress& address, std::uint32_t association) {
  std::array<std::uint8_t, 23> out;
  std::ranges::copy(address.ip, out.begin());
  out[16] = address.version;
  out[17] = static_cast<std::uint8_t>(address.port >> 8);
  out[18] = static_cast<std::uint8_t>(address.port);
  for (std::size_t i = 0; i < 4; ++i)
    out[19 + i] = static_cast<std::uint8_t>(association >> (8 * i));
  return out;
}

}  // namespace

std::optional<crypto::SrtpProfile> dtls_profile(Suite suite) {
  const auto* const at = std::ranges::find(profiles, suite, &std::pair<Suite, crypto::SrtpProfile>::first);
  if (at == profiles.end()) return std::nullopt;
  return at->second;
}

LegDtls::LegDtls(std::shared_ptr<const crypto::DtlsContext> context, DtlsParameters parameters, Time now)
    : context_(std::move(context)), parameters_(std::move(parameters)), deadline_(now + limits::dtls_handshake_time) {}

bool LegDtls::serves(const DtlsParameters& parameters) const {
  return parameters.association == parameters_.association && parameters.active == parameters_.active &&
         parameters.remote == parameters_.remote;
}

void LegDtls::aim(const PacketAddress& peer, Time now) {
  if (aim_ == peer) return;
  aim_ = peer;
  if (!parameters_.active || !peer) return;
  if (session_)
    peer_ = peer;  // an association does not depend on the address it began with
  else
    begin(peer, {}, now);
}

void LegDtls::begin(const PacketAddress& peer, Bytes cookie, Time now) {
  crypto::DtlsOptions options{.active = parameters_.active, .peer = parameters_.remote, .profiles = {}};
  for (const Suite suite : parameters_.suites)
    if (const auto profile = dtls_profile(suite)) options.profiles.push_back(*profile);
  peer_ = peer;
  began_ = now;
  session_ = std::make_unique<crypto::DtlsSession>(context_, std::move(options), now, cookie);
}

void LegDtls::receive(Bytes datagram, const PacketAddress& from, bool reachable, Time now) {
  if (failed_) {
    ++refused_;
    return;
  }
  const auto hello = parameters_.active ? std::nullopt : crypto::parse_client_hello(datagram);
  const bool moved = reachable && !hello;  // checks may have found another way to the peer
  // A host of several addresses may answer from another one than it was asked at, but from the same port.
  const bool beside = parameters_.active && from.port == peer_.port;
  if (session_ && (peer_ == from || moved || beside) && (!hello || agreed_ || began_with(*hello))) {
    if (moved) peer_ = from;
    session_->receive(datagram, now);
    return look(now);
  }
  hear_hello(datagram, hello, from, reachable, now);
}

bool LegDtls::began_with(const crypto::DtlsClientHello& hello) const {
  return std::ranges::equal(hello.identity, hello_);
}

bool LegDtls::may_begin(const PacketAddress& from, Time now) const {
  if (parameters_.active || agreed_) return false;
  return !session_ || from == aim_ || from == peer_ || (!(peer_ == aim_) && now - began_ > patience_with_strangers);
}

void LegDtls::hear_hello(Bytes datagram, const std::optional<crypto::DtlsClientHello>& hello, const PacketAddress& from,
                         bool reachable, Time now) {
  if (!may_begin(from, now) || (!hello && !reachable)) {
    ++refused_;
    return;
  }
  if (reachable) {
    begin(from, {}, now);  // its hello may come in fragments
  } else {
    const auto cookie_for = [&](std::uint32_t association) {
      return crypto::make_cookie(context_->cookie_secret(), cookie_input(from, association), *hello);
    };
    const auto cookie = cookie_for(parameters_.association);
    if (crypto::equal(cookie_for(parameters_.association - 1), hello->cookie)) {
      ++refused_;  // of the association before, come late: an answer would confuse the client's next handshake
      return;
    }
    if (!crypto::equal(cookie, hello->cookie)) {
      last_words_ = Datagram{from, crypto::print_hello_verify_request(*hello, cookie)};
      return;
    }
    begin(from, cookie, now);
  }
  hello_ = hello ? to_buffer(hello->identity) : Buffer();
  session_->receive(datagram, now);
  look(now);
}

/// Takes what the association came to.
void LegDtls::look(Time now) {
  if (!session_ || agreed_) return;
  if (session_->state() == crypto::DtlsSession::State::done) {
    auto agreed = session_->take_keys();
    SrtpKeys keys;
    keys.suite = suite_of(agreed->profile);
    keys.local = std::move(agreed->local);
    keys.remote = std::move(agreed->remote);
    keys_ = std::move(keys);
    agreed_ = true;
  } else if (session_->state() == crypto::DtlsSession::State::failed) {
    if (parameters_.active || peer_ == aim_ || now >= deadline_) return fail(session_->why());
    ++strangers_;
    last_stranger_ = session_->why();
    while (auto alert = session_->poll_transmit())
      last_words_ = Datagram{peer_, std::move(*alert)};
    session_.reset();
  }
}

void LegDtls::expire(Time now) {
  if (failed_ || agreed_) return;
  if (session_) session_->expire(now);
  look(now);
  if (failed_ || agreed_ || now < deadline_) return;
  std::string why = fmt::format("no DTLS handshake was finished within {} s", limits::dtls_handshake_time.count());
  if (!last_stranger_.empty()) why += "; one from another address failed: " + last_stranger_;
  fail(std::move(why));
}

void LegDtls::fail(std::string why) {
  failed_ = true;
  failure_ = std::move(why);
}

std::optional<LegDtls::Datagram> LegDtls::poll_transmit() {
  if (last_words_) return std::exchange(last_words_, std::nullopt);
  if (!session_) return std::nullopt;
  if (auto bytes = session_->poll_transmit()) return Datagram{peer_, std::move(*bytes)};
  return std::nullopt;
}

std::optional<SrtpKeys> LegDtls::take_keys() {
  return std::exchange(keys_, std::nullopt);
}

std::optional<std::string> LegDtls::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

}  // namespace ringwall::media
