#include "sip/registrar/gruu.h"

#include <fmt/format.h>

#include "base/text.h"
#include "crypto/sealed.h"
#include "sip/message/grammar.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view prefix = "tgruu.";
constexpr std::size_t plain_size = 16;

void put(Buffer& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0;)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i) & 0xff));
}

/// paramchar (RFC 3261 section 25.1): what a URI parameter may hold without an escape.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.!~*'()[]/:&+$").find(c) != std::string_view::npos;
}

std::string_view host_of(std::string_view aor) {
  const std::size_t at = aor.rfind('@');
  return at == std::string_view::npos ? aor.substr(aor.find(':') + 1) : aor.substr(at + 1);
}

}  // namespace

std::string public_gruu(std::string_view aor, std::string_view instance) {
  if (instance.starts_with('<') && instance.ends_with('>')) instance = instance.substr(1, instance.size() - 2);
  std::string out = fmt::format("{};gr=", aor);
  for (const char c : instance) {
    if (is_plain(c))
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string instance_of_gruu(std::string_view gr) {
  return fmt::format("<{}>", unescape(gr));
}

std::uint32_t TemporaryGruus::call_of(const Binding& binding) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(binding.call_id));
}

std::string TemporaryGruus::mint(std::uint32_t number, const Binding& binding) const {
  Buffer plain;
  plain.reserve(plain_size);
  put(plain, number, 4);
  put(plain, binding.id.value, 8);
  put(plain, call_of(binding), 4);
  crypto::SealNonce nonce;
  const std::uint64_t first = random_(), second = random_();
  for (std::size_t i = 0; i < nonce.size(); ++i)
    nonce.at(i) = static_cast<std::uint8_t>((i < 8 ? first : second) >> (8 * (i % 8)) & 0xff);
  return fmt::format("sip:{}{}@{};gr", prefix, print_base64(crypto::seal(key_, nonce, plain)), host_of(binding.aor));
}

std::optional<TemporaryGruus::Named> TemporaryGruus::read(std::string_view user) const {
  const std::string plain_user = unescape(user);
  if (!plain_user.starts_with(prefix)) return std::nullopt;
  const auto sealed = parse_base64(std::string_view(plain_user).substr(prefix.size()));
  const auto plain = sealed ? crypto::unseal(key_, *sealed) : std::nullopt;
  if (!plain || plain->size() != plain_size) return std::nullopt;
  ByteReader reader(*plain);
  Named out;
  out.number = reader.u32();
  out.id = BindingId{reader.u64()};
  out.call = reader.u32();
  return out;
}

}  // namespace ringwall::sip
