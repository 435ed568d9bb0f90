#include "call/held_answer.h"

#include "crypto/random.h"
#include "sdp/offer_answer.h"

namespace ringwall::call {

Result<std::string> held_answer(std::string_view offer, const std::string& address) {
  TRY(const auto parsed, sdp::parse(offer));
  sdp::Local local;
  local.address = {address, 9};  // the discard port: nothing is received
  local.codecs = {"PCMU", "PCMA", "G722", "opus", "L16"};
  local.suites = {"AEAD_AES_256_GCM",        "AEAD_AES_128_GCM",        "AES_256_CM_HMAC_SHA1_80",
                  "AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32"};
  local.direction = sdp::Direction::inactive;
  // For DTLS: a certificate that nobody has, and the other side is to begin.
  const Secret nobody = crypto::random_key(32);
  local.key_exchanges = {sdp::KeyExchange::sdes, sdp::KeyExchange::dtls};
  local.fingerprints = {{"sha-256", to_buffer(nobody.reveal())}};
  local.tls_id = fmt::format("{:016x}{:016x}", crypto::random_u64(), crypto::random_u64());
  local.dtls_active = false;
  local.session_id = crypto::random_u64() >> 2;
  local.random_key = [](std::size_t size) { return crypto::random_key(size); };
  TRY(const auto made, sdp::make_answer(parsed, local));
  return sdp::print(made.answer);
}

}  // namespace ringwall::call
