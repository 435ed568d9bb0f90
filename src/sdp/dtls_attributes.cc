#include "sdp/dtls_attributes.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sdp {
namespace {

struct Hash {
  std::string_view name;
  std::size_t bytes;
  bool usable;
};
/// RFC 8122 section 5. MD2 and MD5 are as unknown as anything else.
constexpr std::array<Hash, 5> hashes{{{"sha-1", 20, false},
                                      {"sha-224", 28, false},
                                      {"sha-256", 32, true},
                                      {"sha-384", 48, true},
                                      {"sha-512", 64, true}}};
constexpr std::size_t most_hash_bytes = 64, most_hash_name = 20;

constexpr std::array<std::string_view, 5> setup_names = {"", "actpass", "active", "passive", "holdconn"};

constexpr std::size_t least_tls_id = 20, most_tls_id = 255;

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<std::uint8_t>(lower - 'a' + 10);
  return std::nullopt;
}

/// "12:AB:FF"
std::optional<std::vector<std::uint8_t>> parse_hex_pairs(std::string_view text) {
  std::vector<std::uint8_t> out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    if (text.size() - at < 2 || (text.size() - at > 2 && text[at + 2] != ':') || text.size() - at == 3)
      return std::nullopt;
    const auto high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (!high || !low || out.size() == most_hash_bytes) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

/// RFC 8842 section 4.
bool is_tls_id(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
  return text.size() >= least_tls_id && text.size() <= most_tls_id &&
         text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  value = trim(value);
  const std::size_t space = value.find(' ');
  if (space == 0 || space == std::string_view::npos || space > most_hash_name) return std::nullopt;
  auto bytes = parse_hex_pairs(trim(value.substr(space)));
  if (!bytes) return std::nullopt;
  std::string name(value.substr(0, space));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const auto* const known = std::ranges::find(hashes, std::string_view(name), &Hash::name);
  if (known != hashes.end() && known->bytes != bytes->size()) return std::nullopt;
  return Fingerprint{std::move(name), std::move(*bytes)};
}

std::string print_fingerprint(const Fingerprint& fingerprint) {
  std::string out = fingerprint.hash;
  char before = ' ';
  for (const std::uint8_t byte : fingerprint.value) {
    out += fmt::format("{}{:02X}", before, byte);
    before = ':';
  }
  return out;
}

bool is_usable(const Fingerprint& fingerprint) {
  const auto* const known = std::ranges::find(hashes, std::string_view(fingerprint.hash), &Hash::name);
  return known != hashes.end() && known->usable;
}

std::optional<Setup> parse_setup(std::string_view value) {
  for (std::size_t i = 1; i < setup_names.size(); ++i)
    if (setup_names[i] == value) return static_cast<Setup>(i);
  return std::nullopt;
}

std::string_view print(Setup setup) {
  return setup_names[static_cast<std::size_t>(setup)];
}

Result<bool> DtlsAttributes::read(const Attribute& attribute) {
  if (attribute.name == "fingerprint") {
    auto fingerprint = parse_fingerprint(attribute.value);
    if (!fingerprint) return fail("a=fingerprint is not: hash, bytes in hex with colons, as many as the hash has");
    if (fingerprints.size() == limits::sdp_fingerprints) return fail("there are more than 8 fingerprints");
    fingerprints.push_back(std::move(*fingerprint));
    return true;
  }
  if (attribute.name == "setup") {
    const auto parsed = parse_setup(trim(attribute.value));
    if (!parsed) return fail("a=setup is not: actpass, active, passive or holdconn");
    if (setup != Setup::absent && setup != *parsed) return fail("a=setup stands twice");
    setup = *parsed;
    return true;
  }
  if (attribute.name != "tls-id") return false;
  if (!is_tls_id(attribute.value)) return fail("a=tls-id is not 20 to 255 letters, digits or +/-_");
  tls_id = attribute.value;
  return true;
}

void DtlsAttributes::apply(DtlsAttributes&& own, const DtlsAttributes& session, MediaDescription& media) {
  media.fingerprints = own.fingerprints.empty() ? session.fingerprints : std::move(own.fingerprints);
  media.setup = own.setup == Setup::absent ? session.setup : own.setup;
  media.tls_id = own.tls_id.empty() ? session.tls_id : std::move(own.tls_id);
}

}  // namespace ringwall::sdp
