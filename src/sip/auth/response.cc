#include "sip/auth/response.h"

namespace ringwall::sip {

std::string_view print(DigestProtection protection) {
  if (protection == DigestProtection::none) return "";
  return protection == DigestProtection::auth ? "auth" : "auth-int";
}

Secret digest_response(const Secret& a1, const DigestInput& input) {
  using crypto::digest_of;
  const auto algorithm = input.algorithm;
  const Secret session = input.session ? digest_of(algorithm, {as_text(a1.reveal()), input.nonce, input.cnonce}) : a1;
  const Secret body = input.protection == DigestProtection::auth_int ? digest_of(algorithm, {input.body}) : Secret();
  const Secret a2 = input.protection == DigestProtection::auth_int
                        ? digest_of(algorithm, {input.method, input.uri, as_text(body.reveal())})
                        : digest_of(algorithm, {input.method, input.uri});
  const std::string_view key = as_text(session.reveal()), what = as_text(a2.reveal());
  if (input.protection == DigestProtection::none) return digest_of(algorithm, {key, input.nonce, what});
  return digest_of(algorithm, {key, input.nonce, input.count, input.cnonce, print(input.protection), what});
}

}  // namespace ringwall::sip
