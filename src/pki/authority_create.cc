#include "base/text.h"
#include "crypto/random.h"
#include "pki/atomic_file.h"
#include "pki/authority.h"
#include "pki/file_handle.h"

namespace ringwall::pki {
namespace {

std::string random_mark() {
  std::uint8_t bytes[4];
  crypto::random_bytes(bytes);
  return print_hex(bytes);
}

Result<void> write_ca(const std::filesystem::path& folder, const std::string& stem, const crypto::Issuer& ca) {
  TRY_VOID(make_private_folder(folder));
  TRY_VOID(write_file(folder / (stem + ".key"), ca.key.pem().reveal(), private_mode));
  return write_file(folder / (stem + ".crt"), as_bytes(ca.certificate.pem()), public_mode);
}

Result<void> fill(const std::filesystem::path& folder, WallTime now) {
  const auto mark = random_mark();
  TRY(const auto root_key, crypto::PrivateKey::generate(crypto::KeyType::p256));
  TRY(const auto root, crypto::self_sign_certificate(root_profile(mark, now), root_key));
  TRY(const auto key, crypto::PrivateKey::generate(crypto::KeyType::p256));
  TRY(const auto issuing, crypto::issue_certificate(issuing_profile(mark, now), key, {root, root_key}));
  TRY_VOID(make_private_folder(folder));
  TRY_VOID(write_ca(folder / "root", "root", {root, root_key}));
  TRY_VOID(write_ca(folder / "issuing", "issuing", {issuing, key}));
  TRY_VOID(make_private_folder(folder / "issued"));
  return write_file(folder / "anchors.pem", as_bytes(root.pem()), public_mode);
}

Result<void> check_free(const std::filesystem::path& pki) {
  std::error_code trouble;
  if (!std::filesystem::exists(pki, trouble)) return {};
  if (std::filesystem::is_directory(pki, trouble) && std::filesystem::is_empty(pki, trouble)) return {};
  return fail("there is a certificate authority here already, or something else", pki.string(),
              "use it, or move the folder away: without its keys nothing that it issued can be renewed");
}

std::filesystem::path without_last_slash(const std::filesystem::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Result<Authority> Authority::create(const std::filesystem::path& folder, WallTime now) {
  const auto pki = without_last_slash(std::filesystem::absolute(folder).lexically_normal());
  TRY_VOID(check_free(pki));
  TRY_VOID(make_private_folder(pki.parent_path()));
  const auto fresh = pki.parent_path() / fmt::format(".{}.{}.new", pki.filename().string(), random_mark());
  auto made = fill(fresh, now);
  if (made && ::rename(fresh.c_str(), pki.c_str()) != 0) made = system_failure("put the new folder in place", pki);
  if (!made) {
    std::error_code ignored;
    std::filesystem::remove_all(fresh, ignored);
    return std::unexpected(std::move(made).error());
  }
  TRY_VOID(sync_folder(pki.parent_path()));
  return open(pki);
}

}  // namespace ringwall::pki
