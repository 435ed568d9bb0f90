#include "crypto/digest_access.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"
#include "base/text.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

constexpr std::array<std::string_view, digest_algorithms> names = {"SHA-512-256", "SHA-256", "MD5"};

/// Fetched once: OpenSSL looks an algorithm up by its name each time otherwise.
const EVP_MD* method_of(DigestAlgorithm algorithm) {
  static const std::array<const EVP_MD*, digest_algorithms> methods = {EVP_MD_fetch(nullptr, "SHA512-256", nullptr),
                                                                       EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                       EVP_MD_fetch(nullptr, "MD5", nullptr)};
  return methods.at(static_cast<std::size_t>(algorithm));
}

}  // namespace

std::string_view print(DigestAlgorithm algorithm) {
  return names.at(static_cast<std::size_t>(algorithm));
}

std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (equals_ignoring_case(text, names.at(i))) return static_cast<DigestAlgorithm>(i);
  return std::nullopt;
}

std::size_t digest_size(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::md5 ? 32 : 64;
}

Secret digest_of(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  static thread_local const DigestContextPtr context(EVP_MD_CTX_new());
  const EVP_MD* method = method_of(algorithm);
  CHECK(method != nullptr && EVP_DigestInit_ex2(context.get(), method, nullptr) == 1);
  bool first = true;
  for (const std::string_view part : parts) {
    if (!first) CHECK(EVP_DigestUpdate(context.get(), ":", 1) == 1);
    CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
    first = false;
  }
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> value;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context.get(), value.data(), &size) == 1 && size * 2 == digest_size(algorithm));
  Secret out(Buffer(size * std::size_t{2}));
  const MutableBytes hex = out.reveal_mutable();
  for (std::size_t i = 0; i < size; ++i) {
    hex[2 * i] = static_cast<std::uint8_t>("0123456789abcdef"[value.at(i) >> 4]);
    hex[2 * i + 1] = static_cast<std::uint8_t>("0123456789abcdef"[value.at(i) & 15]);
  }
  explicit_bzero(value.data(), value.size());
  return out;
}

Secret digest_a1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm, std::string_view password) {
  return digest_of(algorithm, {user, realm, password});
}

}  // namespace ringwall::crypto
