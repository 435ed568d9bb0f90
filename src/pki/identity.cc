#include "pki/identity.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "pki/atomic_file.h"

namespace ringwall::pki {
namespace {

constexpr auto* issue_again = "issue it again with 'ringwall pki issue --force'";

Result<void> check_dates(const crypto::Certificate& leaf, const std::string& where, WallTime now) {
  if (now < leaf.not_before())
    return fail(fmt::format("the certificate begins only on {} and it is {}", print_wall_time(leaf.not_before()),
                            print_wall_time(now)),
                where, "set this machine's clock, or wait");
  if (now >= leaf.not_after())
    return fail(fmt::format("the certificate ended on {} and it is {}", print_wall_time(leaf.not_after()),
                            print_wall_time(now)),
                where, issue_again);
  return {};
}

Result<void> check_purpose(const crypto::Certificate& leaf, const std::string& where, crypto::Purpose purpose) {
  const auto& purposes = leaf.facts().purposes;
  const std::string wanted = fmt::format("{}Auth", crypto::print(purpose));
  const bool good = purposes.empty() || std::ranges::any_of(purposes, [&](const std::string& one) {
                      return one == wanted || one == "anyExtendedKeyUsage";
                    });
  if (good) return {};
  return fail(fmt::format("the certificate is not meant to be used as a TLS {}", crypto::print(purpose)), where,
              fmt::format("issue one with '--use {}' or '--use both'", crypto::print(purpose)));
}

Result<void> check_order(const std::vector<crypto::Certificate>& chain, const std::string& where) {
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (chain[i - 1].issuer() != chain[i].subject())
      return fail(fmt::format("certificate {} of the chain, '{}', was not issued by the next, '{}'", i,
                              chain[i - 1].subject(), chain[i].subject()),
                  where, "put the certificates in order: the own one first, then its issuer, then that one's");
  return {};
}

void warn_if_open(const std::filesystem::path& key) {
  std::error_code trouble;
  const auto mode = std::filesystem::status(key, trouble).permissions();
  constexpr auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  if (!trouble && (mode & others) != std::filesystem::perms::none)
    log::warning("pki", "{}: other users of this machine may read this private key (chmod 600 it)", key.string());
}

}  // namespace

Result<Identity> load_identity(const std::filesystem::path& certificate, const std::filesystem::path& key,
                               crypto::Purpose purpose, WallTime now) {
  const std::string where = certificate.string();
  TRY(const auto pem, read_file(certificate, limits::certificate_file_bytes));
  TRY(auto chain, crypto::read_certificates(pem, where));
  TRY(const auto secret, read_secret_file(key, limits::certificate_file_bytes));
  TRY(auto private_key, crypto::PrivateKey::from_pem(secret, key.string()));
  if (!chain.front().belongs_to(private_key))
    return fail(fmt::format("the key does not belong to the certificate {}", where), key.string(),
                "put the key that was made with the certificate beside it, or " + std::string(issue_again));
  TRY_VOID(check_dates(chain.front(), where, now));
  TRY_VOID(check_purpose(chain.front(), where, purpose));
  TRY_VOID(check_order(chain, where));
  warn_if_open(key);
  return Identity{std::move(chain), std::move(private_key)};
}

Result<Identity> load_identity(const std::filesystem::path& folder, crypto::Purpose purpose, WallTime now) {
  const std::string stem(crypto::print(purpose));
  return load_identity(folder / (stem + ".crt"), folder / (stem + ".key"), purpose, now);
}

}  // namespace ringwall::pki
