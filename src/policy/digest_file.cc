#include "policy/digest_file.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "policy/toml_file.h"

namespace ringwall::policy {
namespace {

constexpr std::string_view how = "write it with 'ringwall phone-device secret' or 'ringwall trunk secret'";

/// The realm may hold colons; the other three cannot (RFC 7616 section 3.4: nor can a user).
Result<DigestSecret> read_line(std::string_view line, const std::string& where) {
  const std::size_t first = line.find(':');
  const std::size_t last = line.rfind(':');
  const std::size_t middle = last == std::string_view::npos || last == 0 ? last : line.rfind(':', last - 1);
  if (first == std::string_view::npos || middle == std::string_view::npos || first >= middle)
    return fail("a line is not user:realm:algorithm:hex", where, std::string(how));
  const auto algorithm = crypto::parse_digest_algorithm(line.substr(middle + 1, last - middle - 1));
  if (!algorithm) return fail("the algorithm is not SHA-512-256, SHA-256 or MD5", where, std::string(how));
  const std::string_view hex = line.substr(last + 1);
  if (first == 0 || hex.size() != crypto::digest_size(*algorithm) || !parse_hex(hex))
    return fail(fmt::format("the secret has not {} hex digits, or no user", crypto::digest_size(*algorithm)), where,
                std::string(how));
  return DigestSecret{std::string(line.substr(0, first)), std::string(line.substr(first + 1, middle - first - 1)),
                      *algorithm, Secret(to_lower(hex))};
}

}  // namespace

Result<std::vector<DigestSecret>> read_digest_file(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  std::error_code trouble;
  const fs::perms mode = fs::status(file, trouble).permissions();
  if (!trouble && (mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
    return fail("others than its owner may read or write the file of digest secrets", file.string(),
                fmt::format("run 'chmod 600 {}'", file.string()));
  TRY(std::string text, read_text_file(file, limits::configuration_bytes));
  const Secret kept(text);
  explicit_bzero(text.data(), text.size());
  std::vector<DigestSecret> out;
  std::size_t number = 0;
  for (const std::string_view line : split(as_text(kept.reveal()), '\n')) {
    ++number;
    if (trim(line).empty() || trim(line).starts_with('#')) continue;
    const std::string where = fmt::format("{}:{}", file.string(), number);
    TRY(DigestSecret one, read_line(trim(line), where));
    const bool twice = std::ranges::any_of(out, [&](const DigestSecret& other) {
      return other.user == one.user && other.realm == one.realm && other.algorithm == one.algorithm;
    });
    if (twice) return fail("a user, realm and algorithm stand twice", where, "keep one of the two");
    out.push_back(std::move(one));
  }
  if (out.empty()) return fail("the file holds no digest secret", file.string(), std::string(how));
  return out;
}

Secret print_digest_file(const std::vector<DigestSecret>& secrets) {
  Buffer out;
  for (const DigestSecret& one : secrets) {
    const std::string head = fmt::format("{}:{}:{}:", one.user, one.realm, print(one.algorithm));
    const Bytes name = as_bytes(head), value = one.a1.reveal();
    out.reserve(out.size() + 512);
    out.insert(out.end(), name.begin(), name.end());
    out.insert(out.end(), value.begin(), value.end());
    out.push_back('\n');
  }
  return Secret(std::move(out));
}

}  // namespace ringwall::policy
