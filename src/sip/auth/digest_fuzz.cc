// Any Authorization and any challenge: read, judged, answered. Nothing that was not made with the secret is taken, and
// what the client writes can be read again.
#include <cstdlib>
#include <string>

#include "sip/auth/digest_client.h"
#include "sip/auth/digest_server.h"

using namespace ringwall;
using namespace ringwall::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::optional<Message> message(const std::string& start_line, const std::string& header, std::string_view value) {
  auto out = Message::parse(start_line + "\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=a\r\n" +
                            "To: <sip:a@b>;tag=b\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n" + header + ": " +
                            std::string(value) + "\r\nContent-Length: 0\r\n\r\n");
  return out ? std::optional(std::move(*out)) : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using enum crypto::DigestAlgorithm;
  static constexpr crypto::DigestAlgorithm algorithms[] = {sha_512_256, sha_256, md5};
  static const DigestAccount account = DigestAccount::from_password("1001", "ringwall.test", "not in the corpus");
  static DigestServer server("ringwall.test", Secret("0123456789abcdef"));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto request = message("REGISTER sip:ringwall.test SIP/2.0", "Authorization", text)) {
    const auto verdict = server.verify(
        *request, algorithms, [](std::string_view user) { return user == "1001" ? &account : nullptr; }, Time{});
    require(verdict.kind == DigestVerdict::Kind::absent || verdict.kind == DigestVerdict::Kind::refused);
  }
  if (const auto response = message("SIP/2.0 401 Unauthorized", "WWW-Authenticate", text)) {
    DigestClient client({.md5 = true, .random = [] { return 1; }});
    client.set_account(account);
    const auto given = client.authorize(*response, "REGISTER", "sip:ringwall.test", "");
    require(given.empty() || client.trouble().empty());
    for (const auto& [name, value] : given) {
      const auto again = parse_auth(value);
      require(again && again->is_digest() && again->text("username") == "1001");
      require(message("REGISTER sip:ringwall.test SIP/2.0", name, value).has_value());
    }
  }
  return 0;
}
