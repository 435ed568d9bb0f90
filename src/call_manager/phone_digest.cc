#include "call_manager/phone_digest.h"

#include "base/log.h"
#include "call/digest_accounts.h"
#include "crypto/random.h"

namespace ringwall::call_manager {
namespace {

using crypto::DigestAlgorithm;

constexpr std::size_t nonce_key_bytes = 32;

/// Whom a request says it comes from: a REGISTER from the line that it registers.
std::string claimed_line(const sip::Message& request) {
  const bool registers = request.method() == sip::Method::register_;
  return call::user_or_uri(registers ? request.to().uri : request.from().uri);
}

/// What to ask for: what the phone has a secret for, the strongest first. Of a line that is not known, what most have.
std::vector<DigestAlgorithm> algorithms_for(const sip::DigestAccount* account, bool md5) {
  if (account == nullptr) return {DigestAlgorithm::sha_512_256, DigestAlgorithm::sha_256};
  std::vector<DigestAlgorithm> out;
  for (const auto algorithm : {DigestAlgorithm::sha_512_256, DigestAlgorithm::sha_256, DigestAlgorithm::md5})
    if (!account->secret(algorithm).empty() && (md5 || algorithm != DigestAlgorithm::md5)) out.push_back(algorithm);
  return out;
}

}  // namespace

PhoneDigest::PhoneDigest(const policy::Site& site) : server_(site.domain, crypto::random_key(nonce_key_bytes)) {
  configure(site);
}

void PhoneDigest::configure(const policy::Site& site) {
  accounts_.clear();
  for (const policy::Phone& phone : site.phones) {
    const auto* profile = site.profile(phone.profile);
    if (phone.digest.empty() || profile == nullptr || !profile->digest) continue;
    const auto secrets = policy::read_digest_file(phone.digest);
    if (!secrets) {
      log::error("digest", "phone {}: {}", phone.name, secrets.error().text());
      continue;
    }
    for (sip::DigestAccount& account : call::digest_accounts(*secrets))
      if (account.user == phone.line && account.realm == site.domain)
        accounts_.insert_or_assign(phone.line, std::move(account));
  }
}

std::expected<const policy::Phone*, call::Objection> PhoneDigest::prove(const policy::Site& site,
                                                                        const sip::Message& request, Time now) {
  using Kind = sip::DigestVerdict::Kind;
  const std::string line = claimed_line(request);
  const policy::Phone* phone = policy::digest_phone(site, line);
  const auto found = accounts_.find(line);
  const sip::DigestAccount* account = phone != nullptr && found != accounts_.end() ? &found->second : nullptr;
  const auto algorithms = algorithms_for(account, phone != nullptr && site.profile(phone->profile)->md5);
  const auto verdict =
      server_.verify(request, algorithms, [&](std::string_view user) { return user == line ? account : nullptr; }, now);
  if (verdict.kind == Kind::ok) return phone;
  if (verdict.kind != Kind::refused)
    return std::unexpected(
        call::Objection{.challenge = server_.challenge(algorithms, verdict.kind == Kind::stale, now)});
  return std::unexpected(
      call::Objection{.refusal = {.status = 403,
                                  .warning = verdict.warning,
                                  .reason = fmt::format("digest credentials for line {}: {}", line, verdict.reason),
                                  .mend = "give the phone the secret that 'ringwall phone-device secret' made"},
                      .guessed = verdict.guessed});
}

}  // namespace ringwall::call_manager
