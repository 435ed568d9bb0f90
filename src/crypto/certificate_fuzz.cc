#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/chain.h"

using namespace ringwall;

/// The first byte chooses: DER, PEM bundle, or key. Whatever is read must print and read back the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  if (data[0] % 3 == 2) {
    if (const auto key = crypto::PrivateKey::from_pem(Secret(bytes)))
      CHECK(crypto::PrivateKey::from_pem(key->pem())->public_der() == key->public_der());
    return 0;
  }
  std::vector<crypto::Certificate> chain;
  if (data[0] % 3 == 0) {
    if (auto one = crypto::Certificate::from_der(bytes)) chain.push_back(std::move(*one));
  } else if (auto all = crypto::read_certificates(as_text(bytes))) {
    chain = std::move(*all);
  }
  for (const auto& one : chain) {
    for (const auto& name : one.sip_identities())
      CHECK(one.identifies(name) && !name.contains('*') && !name.contains('\0'));
    CHECK(crypto::Certificate::from_pem(one.pem()).has_value());
  }
  if (!chain.empty()) {
    const auto at = chain.front().not_before();
    const auto verified = crypto::verify_chain(chain, {chain.back()}, at, crypto::Purpose::server);
    CHECK(verified || !verified.error().what.empty());
  }
  return 0;
}
