#include "proof/tls_hello.h"

#include <algorithm>

#include "proof/tls_names.h"

namespace ringwall::proof {
namespace {

enum Extension : std::uint16_t {
  server_name = 0,
  supported_groups = 10,
  pre_shared_key = 41,
  supported_versions = 43,
  key_share = 51
};

/// RFC 8446 section 4.1.3: the random value of a HelloRetryRequest.
constexpr std::uint8_t retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                           0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                           0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/// RFC 8701: values that clients send only to see whether servers ignore them.
bool is_grease(std::uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

std::string read_server_name(Bytes data) {  // RFC 6066 section 3: one list, of which type 0 is a host name
  ByteReader list(data);
  list.skip(2);
  if (list.u8() != 0) return {};
  std::string name(as_text(list.take(list.u16())));
  const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
  return plain ? name : std::string();
}

void read_names(Bytes list, std::vector<std::string>& names, std::string (*name)(std::uint16_t)) {
  ByteReader reader(list);
  while (reader.remaining() >= 2) {
    const std::uint16_t value = reader.u16();
    if (!is_grease(value)) names.push_back(name(value));
  }
}

void read_client_extension(std::uint16_t type, Bytes data, ClientHello& hello) {
  ByteReader reader(data);
  switch (type) {
    case server_name:
      hello.server_name = read_server_name(data);
      break;
    case supported_groups:
      read_names(reader.take(reader.u16()), hello.groups, group_name);
      break;
    case supported_versions:
      hello.versions.clear();
      read_names(reader.take(reader.u8()), hello.versions, tls_version_name);
      break;
    case pre_shared_key:
      hello.offers_session = true;
      break;
    default:
      break;
  }
}

void read_server_extension(std::uint16_t type, Bytes data, ServerHello& hello) {
  ByteReader reader(data);
  if (type == supported_versions) hello.version = tls_version_name(reader.u16());
  if (type == key_share) hello.group = group_name(reader.u16());
  if (type == pre_shared_key) hello.resumed = true;
}

/// One DER element (X.690): its tag and content.
struct Der {
  std::uint8_t tag = 0;
  Bytes content;
};

std::optional<Der> read_der(ByteReader& reader) {
  Der element{.tag = reader.u8()};
  std::size_t length = reader.u8();
  if (length > 0x80) {
    const std::size_t octets = length & 0x7f;
    if (octets > 3) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i)
      length = length << 8 | reader.u8();
  }
  element.content = reader.take(length);
  if (!reader.ok()) return std::nullopt;
  return element;
}

bool same(Bytes a, std::initializer_list<std::uint8_t> b) {
  return std::ranges::equal(a, b);
}

void add_printable(Bytes text, std::vector<std::string>& names) {
  constexpr std::size_t names_at_most = 32;
  const bool plain = std::ranges::all_of(text, [](std::uint8_t c) { return c > ' ' && c < 0x7f; });
  if (plain && !text.empty() && names.size() < names_at_most) names.emplace_back(as_text(text));
}

/// SubjectAltName: [2] dNSName, [6] uniformResourceIdentifier (RFC 5280 section 4.2.1.6).
void read_alternative_names(Bytes octets, std::vector<std::string>& names) {
  ByteReader outer(octets);
  const auto sequence = read_der(outer);
  if (!sequence || sequence->tag != 0x30) return;
  ByteReader reader(sequence->content);
  while (const auto name = reader.remaining() > 0 ? read_der(reader) : std::nullopt) {
    if (name->tag == 0x82 || name->tag == 0x86) add_printable(name->content, names);
  }
}

/// [3] Extensions: SEQUENCE OF SEQUENCE { OID, critical BOOLEAN OPTIONAL, OCTET STRING }.
void read_extensions(Bytes content, std::vector<std::string>& names) {
  ByteReader outer(content);
  const auto list = read_der(outer);
  if (!list) return;
  ByteReader reader(list->content);
  while (const auto extension = reader.remaining() > 0 ? read_der(reader) : std::nullopt) {
    ByteReader fields(extension->content);
    const auto oid = read_der(fields);
    if (!oid || !same(oid->content, {0x55, 0x1d, 0x11})) continue;
    auto value = read_der(fields);
    if (value && value->tag == 0x01) value = read_der(fields);
    if (value && value->tag == 0x04) read_alternative_names(value->content, names);
  }
}

/// Name: SEQUENCE OF SET OF SEQUENCE { OID, string }; the common name is 2.5.4.3.
void read_common_name(Bytes name, std::vector<std::string>& names) {
  ByteReader sets(name);
  while (const auto set = sets.remaining() > 0 ? read_der(sets) : std::nullopt) {
    ByteReader in_set(set->content);
    const auto pair = read_der(in_set);
    if (!pair) continue;
    ByteReader fields(pair->content);
    const auto oid = read_der(fields);
    const auto value = read_der(fields);
    if (oid && value && same(oid->content, {0x55, 0x04, 0x03})) add_printable(value->content, names);
  }
}

/// Certificate -> TBSCertificate: the fifth SEQUENCE inside (after algorithm, issuer and validity) is the subject.
std::vector<std::string> read_names_of_certificate(Bytes der) {
  ByteReader reader(der);
  const auto certificate = read_der(reader);
  if (!certificate || certificate->tag != 0x30) return {};
  ByteReader inner(certificate->content);
  const auto tbs = read_der(inner);
  if (!tbs || tbs->tag != 0x30) return {};
  ByteReader fields(tbs->content);
  std::vector<std::string> alternative, common;
  int sequences = 0;
  while (const auto field = fields.remaining() > 0 ? read_der(fields) : std::nullopt) {
    if (field->tag == 0x30 && ++sequences == 4) read_common_name(field->content, common);
    if (field->tag == 0xa3) read_extensions(field->content, alternative);
  }
  return alternative.empty() ? common : alternative;
}

}  // namespace

std::optional<ClientHello> parse_client_hello(Bytes body) {
  ByteReader reader(body);
  ClientHello hello;
  hello.versions.push_back(tls_version_name(reader.u16()));
  reader.skip(32);
  hello.offers_session = reader.u8() > 0;
  if (!reader.ok()) return std::nullopt;
  const auto session_length = body[34];
  reader.skip(session_length);
  reader.skip(reader.u16());  // cipher suites
  reader.skip(reader.u8());   // compression methods
  if (!reader.ok()) return std::nullopt;
  if (reader.remaining() == 0) return hello;
  ByteReader extensions(reader.take(reader.u16()));
  if (!reader.ok()) return std::nullopt;
  bool modern = false, shared_key = false;
  while (extensions.remaining() >= 4) {
    const std::uint16_t type = extensions.u16();
    const Bytes data = extensions.take(extensions.u16());
    if (!extensions.ok()) return std::nullopt;
    modern = modern || type == supported_versions;
    shared_key = shared_key || type == pre_shared_key;
    read_client_extension(type, data, hello);
  }
  if (modern) hello.offers_session = shared_key;  // 1.3 fills the session id for old middleboxes (section D.4)
  return hello;
}

bool is_hello_retry_request(Bytes body) {
  return body.size() >= 34 && std::ranges::equal(body.subspan(2, 32), retry_random);
}

std::optional<ServerHello> parse_server_hello(Bytes body) {
  ByteReader reader(body);
  ServerHello hello;
  hello.version = tls_version_name(reader.u16());
  reader.skip(32);
  reader.skip(reader.u8());  // session id
  hello.cipher = cipher_name(reader.u16());
  reader.skip(1);  // compression method
  if (!reader.ok()) return std::nullopt;
  if (reader.remaining() == 0) return hello;
  ByteReader extensions(reader.take(reader.u16()));
  if (!reader.ok()) return std::nullopt;
  while (extensions.remaining() >= 4) {
    const std::uint16_t type = extensions.u16();
    const Bytes data = extensions.take(extensions.u16());
    if (!extensions.ok()) return std::nullopt;
    read_server_extension(type, data, hello);
  }
  return hello;
}

std::string parse_key_exchange_group(Bytes body) {
  ByteReader reader(body);
  constexpr std::uint8_t named_curve = 3;
  if (reader.u8() != named_curve) return {};
  const std::uint16_t group = reader.u16();
  return reader.ok() ? group_name(group) : std::string();
}

std::vector<std::string> parse_certificate_names(Bytes body) {
  ByteReader list(body);
  list.skip(3);
  const Bytes first = list.take(list.u24());
  if (!list.ok()) return {};
  return read_names_of_certificate(first);
}

}  // namespace ringwall::proof
