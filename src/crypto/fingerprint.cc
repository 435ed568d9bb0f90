#include "crypto/fingerprint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "base/check.h"

namespace ringwall::crypto {
namespace {

struct Hash {
  std::string_view name;
  const EVP_MD* (*algorithm)();
};
/// Strongest first.
constexpr std::array<Hash, 3> hashes{{{"sha-512", EVP_sha512}, {"sha-384", EVP_sha384}, {"sha-256", EVP_sha256}}};

}  // namespace

std::optional<Fingerprint> fingerprint(const Certificate& certificate, std::string_view hash) {
  const auto* const known = std::ranges::find(hashes, hash, &Hash::name);
  if (known == hashes.end()) return std::nullopt;
  const Buffer der = certificate.der();
  Fingerprint out{std::string(hash), Buffer(EVP_MAX_MD_SIZE)};
  unsigned size = 0;
  CHECK(EVP_Digest(der.data(), der.size(), out.value.data(), &size, known->algorithm(), nullptr) == 1);
  out.value.resize(size);
  return out;
}

bool matches_fingerprint(const Certificate& certificate, std::span<const Fingerprint> signalled) {
  for (const Hash& hash : hashes) {
    if (std::ranges::find(signalled, hash.name, &Fingerprint::hash) == signalled.end()) continue;
    return std::ranges::find(signalled, *fingerprint(certificate, hash.name)) != signalled.end();
  }
  return false;
}

std::string describe_fingerprint(const Certificate& certificate) {
  const auto print = fingerprint(certificate, "sha-256");
  return fmt::format("sha-256 {:02X}", fmt::join(print->value, ""));
}

}  // namespace ringwall::crypto
