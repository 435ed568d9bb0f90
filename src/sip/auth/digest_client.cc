#include "sip/auth/digest_client.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/parameters.h"

namespace ringwall::sip {
namespace {

/// The protection to use of those that a challenge offers: `auth` where there is a choice, for a body may be changed on
/// its way by those who may. Nothing if it names only others.
std::optional<DigestProtection> choose_protection(const std::optional<std::string_view>& offered) {
  if (!offered) return DigestProtection::none;
  bool whole = false;
  for (const std::string_view one : split(*offered, ',')) {
    if (equals_ignoring_case(trim(one), "auth")) return DigestProtection::auth;
    whole = whole || equals_ignoring_case(trim(one), "auth-int");
  }
  return whole ? std::optional(DigestProtection::auth_int) : std::nullopt;
}

}  // namespace

void DigestClient::set_account(DigestAccount account) {
  std::erase_if(accounts_, [&](const DigestAccount& one) { return one.realm == account.realm; });
  std::erase_if(counters_, [&](const Counter& one) { return one.realm == account.realm; });
  accounts_.push_back(std::move(account));
}

const DigestAccount* DigestClient::account(std::string_view realm) const {
  const auto at = std::ranges::find(accounts_, realm, &DigestAccount::realm);
  return at == accounts_.end() ? nullptr : &*at;
}

std::optional<DigestClient::Challenge> DigestClient::read(const AuthValue& value) {
  Challenge out;
  out.realm = value.text("realm");
  out.nonce = value.find("nonce").value_or("");
  const auto opaque = value.find("opaque");
  out.has_opaque = opaque.has_value();
  out.opaque = opaque.value_or("");
  out.algorithm_text = value.text("algorithm");
  std::string_view name = out.algorithm_text.empty() ? std::string_view("MD5") : out.algorithm_text;
  constexpr std::string_view suffix = "-sess";
  out.session = name.size() > suffix.size() && equals_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
  if (out.session) name.remove_suffix(suffix.size());
  const auto algorithm = crypto::parse_digest_algorithm(name);
  const auto protection = choose_protection(value.find("qop"));
  const DigestAccount* user = account(out.realm);
  if (user == nullptr) {
    trouble_ = fmt::format("there is no secret for the realm \"{}\"", out.realm);
  } else if (!algorithm || !protection || out.nonce.empty() || (out.session && *protection == DigestProtection::none)) {
    trouble_ = fmt::format("the challenge of realm \"{}\" cannot be answered", out.realm);
  } else if (*algorithm == crypto::DigestAlgorithm::md5 && !options_.md5) {
    trouble_ = fmt::format("realm \"{}\" asks for MD5, which is not allowed here", out.realm);
  } else if (user->secret(*algorithm).empty()) {
    trouble_ = fmt::format("there is no {} secret for the realm \"{}\"", print(*algorithm), out.realm);
  } else {
    out.algorithm = *algorithm;
    out.protection = *protection;
    return out;
  }
  return std::nullopt;
}

// The strongest answerable challenge of each realm; nothing at all if a realm has none.
std::vector<DigestClient::Challenge> DigestClient::choose(const Message& response, HeaderName name) {
  std::vector<Challenge> chosen;
  std::vector<std::string> asked;
  std::size_t seen = 0;
  for (const HeaderField& field : response.headers()) {
    if (field.name != name || ++seen > limits::sip_challenges) continue;
    const auto value = parse_auth(field.value);
    if (!value || !value->is_digest()) continue;
    const std::string realm = value->text("realm");
    if (std::ranges::find(asked, realm) == asked.end()) asked.push_back(realm);
    auto challenge = read(*value);
    if (!challenge) continue;
    const auto same = std::ranges::find(chosen, challenge->realm, &Challenge::realm);
    if (same == chosen.end())
      chosen.push_back(std::move(*challenge));
    else if (challenge->algorithm < same->algorithm)
      *same = std::move(*challenge);
  }
  if (chosen.size() < asked.size()) chosen.clear();
  return chosen;
}

std::uint32_t DigestClient::next_count(const Challenge& challenge) {
  const auto at = std::ranges::find(counters_, challenge.realm, &Counter::realm);
  if (at == counters_.end()) return counters_.push_back({challenge.realm, challenge.nonce, 1}), 1;
  if (at->nonce != challenge.nonce) *at = {challenge.realm, challenge.nonce, 0};
  return ++at->count;
}

std::string DigestClient::answer(const Challenge& challenge, std::string_view method, std::string_view uri,
                                 std::string_view body) {
  const DigestAccount& user = *account(challenge.realm);
  const std::string cnonce = fmt::format("{:016x}{:016x}", options_.random(), options_.random());
  const std::string count = fmt::format("{:08x}", next_count(challenge));
  const Secret response = digest_response(user.secret(challenge.algorithm), {.algorithm = challenge.algorithm,
                                                                             .session = challenge.session,
                                                                             .protection = challenge.protection,
                                                                             .nonce = challenge.nonce,
                                                                             .count = count,
                                                                             .cnonce = cnonce,
                                                                             .method = method,
                                                                             .uri = uri,
                                                                             .body = body});
  std::string out =
      fmt::format("Digest username={}, realm={}, nonce=\"{}\", uri=\"{}\", response=\"{}\"", print_quoted(user.user),
                  print_quoted(challenge.realm), challenge.nonce, uri, as_text(response.reveal()));
  if (!challenge.algorithm_text.empty()) out += ", algorithm=" + challenge.algorithm_text;
  if (challenge.has_opaque) out += fmt::format(", opaque=\"{}\"", challenge.opaque);
  if (challenge.protection != DigestProtection::none)
    out += fmt::format(", cnonce=\"{}\", qop={}, nc={}", cnonce, print(challenge.protection), count);
  return out;
}

DigestClient::Headers DigestClient::authorize(const Message& response, std::string_view method, std::string_view uri,
                                              std::string_view body) {
  trouble_.clear();
  Headers out;
  const std::pair<HeaderName, const char*> kinds[] = {{HeaderName::www_authenticate, "Authorization"},
                                                      {HeaderName::proxy_authenticate, "Proxy-Authorization"}};
  for (const auto& [name, header] : kinds) {
    if (!response.has(name)) continue;
    const auto chosen = choose(response, name);
    if (chosen.empty()) return {};
    for (const Challenge& one : chosen)
      out.emplace_back(header, answer(one, method, uri, body));
  }
  if (!out.empty()) trouble_.clear();
  return out;
}

}  // namespace ringwall::sip
