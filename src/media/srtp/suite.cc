#include "media/srtp/suite.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace ringwall::media {
namespace {

constexpr std::array<std::pair<std::string_view, Suite>, 6> names{{
    {"AEAD_AES_256_GCM", Suite::aead_aes_256_gcm},
    {"AEAD_AES_128_GCM", Suite::aead_aes_128_gcm},
    {"AES_CM_128_HMAC_SHA1_80", Suite::aes_cm_128_hmac_sha1_80},
    {"AES_CM_128_HMAC_SHA1_32", Suite::aes_cm_128_hmac_sha1_32},
    {"AES_256_CM_HMAC_SHA1_80", Suite::aes_256_cm_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_32", Suite::aes_256_cm_hmac_sha1_32},
}};

}  // namespace

std::optional<Suite> parse_suite(std::string_view name) {
  for (const auto& [text, suite] : names)
    if (text == name) return suite;
  return std::nullopt;
}

std::string_view print(Suite suite) {
  for (const auto& [text, known] : names)
    if (known == suite) return text;
  return "?";
}

SuiteLengths lengths(Suite suite) {
  switch (suite) {
    case Suite::aead_aes_256_gcm:
      return {.aead = true, .key = 32, .salt = 12, .rtp_tag = 16, .rtcp_tag = 16};
    case Suite::aead_aes_128_gcm:
      return {.aead = true, .key = 16, .salt = 12, .rtp_tag = 16, .rtcp_tag = 16};
    case Suite::aes_cm_128_hmac_sha1_80:
      return {.aead = false, .key = 16, .salt = 14, .rtp_tag = 10, .rtcp_tag = 10};
    case Suite::aes_cm_128_hmac_sha1_32:  // SRTCP keeps the long tag (RFC 4568 section 6.2.2)
      return {.aead = false, .key = 16, .salt = 14, .rtp_tag = 4, .rtcp_tag = 10};
    case Suite::aes_256_cm_hmac_sha1_80:  // RFC 6188
      return {.aead = false, .key = 32, .salt = 14, .rtp_tag = 10, .rtcp_tag = 10};
    case Suite::aes_256_cm_hmac_sha1_32:
      return {.aead = false, .key = 32, .salt = 14, .rtp_tag = 4, .rtcp_tag = 10};
  }
  check_failed("a suite of the list", __FILE__, __LINE__);
}

}  // namespace ringwall::media
