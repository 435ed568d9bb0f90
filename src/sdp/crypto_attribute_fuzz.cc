// A hostile a=crypto: what is called usable has everything that SRTP needs, and what we answer is usable too.
#include <algorithm>
#include <cstdlib>

#include "base/limits.h"
#include "sdp/crypto_attribute.h"
#include "sdp/crypto_choice.h"
#include "sdp/crypto_parameters.h"

using namespace ringwall;
using namespace ringwall::sdp;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_printed(const CryptoAttribute& crypto) {
  const std::string printed = print_crypto(crypto);
  const auto again = parse_crypto(printed);
  require(again && print_crypto(*again) == printed);
  require((why_unusable(*again) == nullptr) == (why_unusable(crypto) == nullptr));
}

void check_usable(const CryptoAttribute& crypto) {
  const std::size_t length = key_and_salt_length(crypto.suite);
  Local local;
  local.suites = {crypto.suite};
  local.random_key = [](std::size_t size) { return Secret(Buffer(size, 9)); };
  Agreed agreed;
  const CryptoAttribute ours = answer_crypto(crypto, local, agreed);
  require(length != 0 && agreed.remote_key.size() == length && agreed.local_key.size() == length);
  require(agreed.lifetime == 0 || agreed.lifetime >= limits::srtp_least_key_lifetime);
  require(agreed.remote_mki.size() <= limits::srtp_mki_bytes && agreed.local_mki.size() == agreed.remote_mki.size());
  require(agreed.more_remote_keys.size() < limits::srtp_master_keys);
  for (const MasterKey& key : agreed.more_remote_keys) {
    require(key.key_and_salt.size() == length && !key.mki.empty() && key.mki.size() == agreed.remote_mki.size());
    require(key.mki != agreed.remote_mki);
  }
  require(ours.session_parameters.empty() && ours.tag == crypto.tag);
  require(why_unusable(ours) == nullptr);
  Agreed theirs;
  take_peer_keys(ours, theirs);
  require(theirs.remote_mki == agreed.local_mki && theirs.lifetime == agreed.lifetime);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto crypto = parse_crypto({reinterpret_cast<const char*>(data), size});
  if (!crypto) return 0;
  check_printed(*crypto);
  if (why_unusable(*crypto) == nullptr) check_usable(*crypto);
  return 0;
}
