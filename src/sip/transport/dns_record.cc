#include "sip/transport/dns_record.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sip {
namespace {

constexpr std::size_t longest_name = 253;

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// A name as labels (RFC 1035 section 3.1). The root is "". A pointer, a label with a dot in it or with anything but
/// printable ASCII is refused: no host of ours is called so, and it would be printed.
Result<std::string> read_name(ByteReader& in) {
  std::string name;
  while (const std::uint8_t length = in.u8()) {
    if (length > 63) return fail("a DNS name is compressed or malformed");
    const std::string_view label = as_text(in.take(length));
    if (label.empty() || label.find('.') != std::string_view::npos || !is_plain(label))
      return fail("a DNS name holds a label that is no host's");
    if (!name.empty()) name += '.';
    name += label;
    if (name.size() > longest_name) return fail("a DNS name is too long");
  }
  if (!in.ok()) return fail("a DNS name ends too early");
  return to_lower(name);
}

/// A character-string: one byte of length and the text (RFC 1035 section 3.3).
std::string read_text(ByteReader& in) {
  return std::string(as_text(in.take(in.u8())));
}

Result<> add_address(DnsAnswer& answer, int family, std::size_t size, Bytes data) {
  char text[INET6_ADDRSTRLEN];
  if (data.size() != size || inet_ntop(family, data.data(), text, sizeof text) == nullptr)
    return fail("an address record has the wrong length");
  answer.addresses.emplace_back(text);
  return {};
}

Result<> add_srv(DnsAnswer& answer, Bytes data) {
  ByteReader in(data);
  SrvRecord record{.priority = in.u16(), .weight = in.u16(), .port = in.u16()};
  auto target = read_name(in);
  if (!target) return std::unexpected(std::move(target).error());
  if (in.remaining() != 0) return fail("an SRV record has bytes behind its target");
  record.target = std::move(*target);
  answer.services.push_back(std::move(record));
  return {};
}

Result<> add_naptr(DnsAnswer& answer, Bytes data) {
  ByteReader in(data);
  NaptrRecord record{.order = in.u16(), .preference = in.u16()};
  record.flags = read_text(in);
  record.service = read_text(in);
  record.regexp = read_text(in);
  auto replacement = read_name(in);
  if (!replacement) return std::unexpected(std::move(replacement).error());
  if (in.remaining() != 0) return fail("a NAPTR record has bytes behind its replacement");
  record.replacement = std::move(*replacement);
  answer.pointers.push_back(std::move(record));
  return {};
}

}  // namespace

std::string_view print(RecordType type) {
  switch (type) {
    case RecordType::a:
      return "A";
    case RecordType::aaaa:
      return "AAAA";
    case RecordType::srv:
      return "SRV";
    case RecordType::naptr:
      return "NAPTR";
  }
  return "";
}

Result<> add_record(DnsAnswer& answer, RecordType type, Bytes data) {
  if (answer.addresses.size() + answer.services.size() + answer.pointers.size() >= limits::dns_records) return {};
  switch (type) {
    case RecordType::a:
      return add_address(answer, AF_INET, 4, data);
    case RecordType::aaaa:
      return add_address(answer, AF_INET6, 16, data);
    case RecordType::srv:
      return add_srv(answer, data);
    case RecordType::naptr:
      return add_naptr(answer, data);
  }
  return {};
}

}  // namespace ringwall::sip
