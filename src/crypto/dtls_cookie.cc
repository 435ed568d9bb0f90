#include "crypto/dtls_cookie.h"

#include <algorithm>

#include "crypto/digest.h"

namespace ringwall::crypto {
namespace {

constexpr std::uint8_t handshake_record = 22, client_hello = 1, hello_verify_request = 3;
constexpr std::uint8_t version_major = 0xfe;
constexpr std::uint8_t version_1_0 = 0xff;  // what a HelloVerifyRequest says, whatever is agreed on later
constexpr std::size_t random_bytes = 32, most_session_id = 32;

void put(Buffer& out, std::size_t width, std::size_t value) {
  for (std::size_t i = width; i > 0; --i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

/// The body of the handshake message, if the datagram begins with a whole ClientHello.
std::optional<Bytes> hello_body(ByteReader& in, DtlsClientHello& hello) {
  if (in.u8() != handshake_record || in.u8() != version_major) return std::nullopt;
  in.skip(1);
  if (in.u16() != 0) return std::nullopt;  // nothing is encrypted yet: epoch 0
  std::ranges::copy(in.take(hello.record_sequence.size()), hello.record_sequence.begin());
  ByteReader record(in.take(in.u16()));
  if (record.u8() != client_hello) return std::nullopt;
  const std::uint32_t length = record.u24();
  record.skip(2);
  if (record.u24() != 0 || record.u24() != length) return std::nullopt;
  const Bytes body = record.take(length);
  if (!in.ok() || !record.ok() || body.empty()) return std::nullopt;
  return body;
}

}  // namespace

std::optional<DtlsClientHello> parse_client_hello(Bytes datagram) {
  DtlsClientHello hello;
  ByteReader in(datagram);
  const auto body = hello_body(in, hello);
  if (!body) return std::nullopt;
  ByteReader fields(*body);
  fields.skip(2 + random_bytes);
  const std::uint8_t session_id = fields.u8();
  if (session_id > most_session_id) return std::nullopt;
  fields.skip(session_id);
  const std::size_t identity = fields.position();
  hello.cookie = fields.take(fields.u8());
  if (!fields.ok()) return std::nullopt;
  hello.identity = body->first(identity);
  return hello;
}

DtlsCookie make_cookie(const Secret& secret, Bytes address, const DtlsClientHello& hello) {
  Buffer input = to_buffer(address);
  input.insert(input.end(), hello.identity.begin(), hello.identity.end());
  return hmac_sha256(secret.reveal(), input);
}

Buffer print_hello_verify_request(const DtlsClientHello& hello, const DtlsCookie& cookie) {
  const std::size_t body = 2 + 1 + cookie.size();
  Buffer out{handshake_record, version_major, version_1_0};
  put(out, 2, 0);
  out.insert(out.end(), hello.record_sequence.begin(), hello.record_sequence.end());
  put(out, 2, 12 + body);
  out.push_back(hello_verify_request);
  put(out, 3, body);
  put(out, 2, 0);  // message sequence
  put(out, 3, 0);  // one fragment
  put(out, 3, body);
  out.push_back(version_major);
  out.push_back(version_1_0);
  put(out, 1, cookie.size());
  out.insert(out.end(), cookie.begin(), cookie.end());
  return out;
}

}  // namespace ringwall::crypto
