// A hostile offer, or a hostile answer to ours: what is agreed keeps the rules of the leg.
#include <cstdlib>

#include "sdp/offer_answer.h"

using namespace ringwall;
using namespace ringwall::sdp;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

Local make_local(std::uint8_t choice) {
  Local local;
  local.address = {"127.0.0.1", 16384};
  local.codecs = {"PCMU", "PCMA"};
  if ((choice & 1) != 0) local.suites = {"AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"};
  local.direction = static_cast<Direction>(choice >> 1 & 3);
  if ((choice & 8) != 0) local.key_exchanges = {KeyExchange::dtls, KeyExchange::sdes};
  local.fingerprints = {{"sha-256", Buffer(32, 3)}};
  local.tls_id = "an-association-of-the-fuzzer";
  if ((choice & 16) != 0) local.ice = LocalIce{"ours", Secret(Buffer(24, 'p')), (choice & 32) != 0, {}};
  local.random_key = [](std::size_t bytes) { return Secret(Buffer(bytes, 9)); };
  return local;
}

void check_agreed(const Agreed& agreed, const Local& local) {
  if (agreed.codec.empty()) return;
  require(agreed.codec == "PCMU" || agreed.codec == "PCMA");
  if (agreed.dtls) {
    require(!local.suites.empty() && !agreed.fingerprints.empty() && agreed.rtcp_mux);
    for (const Fingerprint& fingerprint : agreed.fingerprints)
      require(fingerprint.hash == "sha-256" || fingerprint.hash == "sha-384" || fingerprint.hash == "sha-512");
  }
  require((agreed.suite.empty() && !agreed.dtls) == local.suites.empty());
  require(agreed.local_key.size() == key_and_salt_length(agreed.suite));
  require(agreed.remote_key.size() == agreed.local_key.size());
  require(agreed.remote.port != 0);
  require(!agreed.ice || (local.ice && agreed.remote_ufrag.size() >= 4 && agreed.remote_password.size() >= 22));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Local local = make_local(data[0]);
  const auto theirs = parse({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!theirs) return 0;
  if (const auto answered = make_answer(*theirs, local)) {
    check_agreed(answered->agreed, local);
    require(answered->answer.media.size() == theirs->media.size());
    if (!answered->agreed.codec.empty()) require(!print(answered->answer).empty());
  }
  if (const auto agreed = apply_answer(make_offer(local), *theirs)) {
    require(!agreed->codec.empty());
    check_agreed(*agreed, local);
  }
  return 0;
}
