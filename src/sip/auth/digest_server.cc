#include "sip/auth/digest_server.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "sip/auth/response.h"
#include "sip/message/parameters.h"

namespace ringwall::sip {
namespace {

using Kind = DigestVerdict::Kind;

/// The eight hex digits of `nc` (RFC 7616 section 3.4).
std::optional<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 8 || trouble != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The digest-uri is that of the request (RFC 3261 section 22.4 item 1), by the rules of section 19.1.4.
bool is_request_uri(std::string_view text, const Uri& request_uri) {
  if (text == request_uri.text) return true;
  const auto uri = parse_uri(text);
  return uri && equivalent(*uri, request_uri);
}

DigestVerdict refused(std::string user, std::string reason, std::string warning, bool guessed = false) {
  return {Kind::refused, std::move(user), std::move(reason), std::move(warning), guessed};
}

std::string opaque_of(const Secret& key) {
  return print_hex(Bytes(crypto::hmac_sha256(key.reveal(), as_bytes("opaque"))).first(8));
}

}  // namespace

struct DigestServer::Credentials {
  std::string user;
  std::string_view nonce, uri, cnonce, count_text, response;  ///< as between the quotes: so they are hashed
  crypto::DigestAlgorithm algorithm = crypto::DigestAlgorithm::sha_256;
  DigestProtection protection = DigestProtection::auth;
  std::uint32_t count = 0;
};

DigestServer::DigestServer(std::string realm, Secret key)
    : realm_(std::move(realm)), opaque_(opaque_of(key)), nonces_(key), nobody_(std::string_view("nobody")) {}

std::vector<std::pair<std::string, std::string>> DigestServer::challenge(
    std::span<const crypto::DigestAlgorithm> algorithms, bool stale, Time now) {
  std::vector<std::pair<std::string, std::string>> out;
  const std::string nonce = nonces_.mint(now);
  for (const auto algorithm : algorithms)
    out.emplace_back("WWW-Authenticate",
                     fmt::format("Digest realm={}, nonce=\"{}\", opaque=\"{}\", algorithm={}, qop=\"auth,auth-int\"{}",
                                 print_quoted(realm_), nonce, opaque_, print(algorithm), stale ? ", stale=true" : ""));
  return out;
}

/// What is wrong with the credentials, or nothing.
std::optional<DigestVerdict> DigestServer::read(const AuthValue& value,
                                                std::span<const crypto::DigestAlgorithm> algorithms, Credentials& out) {
  out.user = value.text("username");
  const std::string named = value.text("algorithm");
  const auto algorithm = crypto::parse_digest_algorithm(named.empty() ? "MD5" : named);  // RFC 2617 section 3.2.1
  if (!algorithm || std::ranges::find(algorithms, *algorithm) == algorithms.end())
    return refused(out.user, fmt::format("algorithm {} was not asked for", named.empty() ? "MD5" : named),
                   "This digest algorithm is not taken");
  out.algorithm = *algorithm;
  const std::string qop = value.text("qop");
  const bool whole = equals_ignoring_case(qop, "auth-int");
  if (!whole && !equals_ignoring_case(qop, "auth"))
    return refused(out.user, "qop is neither auth nor auth-int", "Digest credentials need a qop");
  out.protection = whole ? DigestProtection::auth_int : DigestProtection::auth;
  out.nonce = value.find("nonce").value_or("");
  out.uri = value.find("uri").value_or("");
  out.cnonce = value.find("cnonce").value_or("");
  out.count_text = value.find("nc").value_or("");
  out.response = value.find("response").value_or("");
  const auto count = parse_count(out.count_text);
  if (!count || out.cnonce.empty())
    return refused(out.user, "nc or cnonce is missing or malformed", "The credentials cannot be read");
  out.count = *count;
  return std::nullopt;
}

DigestVerdict DigestServer::verify(const Message& request, std::span<const crypto::DigestAlgorithm> algorithms,
                                   const DigestLookup& find, Time now) {
  std::size_t seen = 0;
  for (const HeaderField& field : request.headers()) {
    if (field.name != HeaderName::authorization) continue;
    if (++seen > limits::sip_challenges) return refused({}, "too many Authorization headers", "Too many credentials");
    const auto value = parse_auth(field.value);
    if (!value) return refused({}, "Authorization: " + value.error().what, "The credentials cannot be read");
    if (!value->is_digest() || value->text("realm") != realm_) continue;
    Credentials given;
    if (auto trouble = read(*value, algorithms, given)) return std::move(*trouble);
    return judge(given, request, find, now);
  }
  return {Kind::absent, {}, "no credentials for this realm", {}, false};
}

// The secret is judged first: that a nonce is stale is said to nobody else (RFC 7616 section 3.3).
DigestVerdict DigestServer::judge(const Credentials& given, const Message& request, const DigestLookup& find,
                                  Time now) {
  if (!is_request_uri(given.uri, request.request_uri()))
    return refused(given.user, "the digest-uri is not the Request-URI", "The credentials are for another URI");
  const DigestAccount* account = find(given.user);
  const bool known = account != nullptr && !account->secret(given.algorithm).empty();
  const Secret expected =
      digest_response(known ? account->secret(given.algorithm) : nobody_, {.algorithm = given.algorithm,
                                                                           .protection = given.protection,
                                                                           .nonce = given.nonce,
                                                                           .count = given.count_text,
                                                                           .cnonce = given.cnonce,
                                                                           .method = request.method_name(),
                                                                           .uri = given.uri,
                                                                           .body = request.body()});
  const bool right = crypto::equal(expected.reveal(), as_bytes(to_lower(given.response)));
  if (!known || !right)
    return refused(given.user, known ? "the secret is wrong" : "no such user, or no secret for this algorithm",
                   "The credentials do not fit", true);
  const NonceBook::Reading nonce = nonces_.read(given.nonce, now);
  if (nonce.state != NonceBook::State::good)
    return {Kind::stale, given.user,
            nonce.state == NonceBook::State::expired ? "the nonce has expired" : "the nonce is not of this process",
            "The nonce no longer holds", false};
  if (!nonces_.take(nonce.serial, given.count))
    return {Kind::stale, given.user, "the nonce count was used before", "This nonce count was used before", false};
  return {Kind::ok, given.user, {}, {}, false};
}

}  // namespace ringwall::sip
