#include "sip/message/contact_headers.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sip {
namespace {

bool is_address_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return grammar::is(c, grammar::host) || c == ':' || c == '[' || c == ']';
  });
}

/// One Contact parameter; what is wrong with it, or nullptr.
const char* read_contact_parameter(std::string_view name, std::string_view value, ContactParameters& out) {
  using grammar::same;
  if (same(name, "expires")) {
    // What is no number counts as one hour (RFC 3261 section 20.10).
    out.expires = parse_delta_seconds(value).value_or(3600);
  } else if (same(name, "q")) {
    const auto q = parse_q(value);
    if (!q) return "its q is not a number from 0 to 1";
    out.q = *q;
  } else if (same(name, "+sip.instance")) {
    if (value.size() < 3 || value.front() != '<' || value.back() != '>') return "its +sip.instance is not in <>";
    out.instance = value.substr(1, value.size() - 2);
  } else if (same(name, "reg-id")) {
    const auto id = parse_unsigned<std::uint32_t>(value);
    if (!id || *id == 0 || *id > 0x7fff'ffffU) return "its reg-id is not a number from 1 to 2147483647";
    out.reg_id = *id;
  } else if (same(name, "pub-gruu")) {
    out.public_gruu = value;
  } else if (same(name, "temp-gruu")) {
    out.temporary_gruu = value;
  } else if (same(name, "isfocus")) {
    out.is_focus = true;
  }
  return nullptr;
}

const char* read_overload_parameter(std::string_view name, std::string_view value, ViaParameters& out) {
  using grammar::same;
  if (same(name, "oc")) {
    out.has_oc = true;
    if (value.empty()) return nullptr;
    out.oc = parse_unsigned<std::uint32_t>(value);
    return out.oc ? nullptr : "its oc is not a number";
  }
  if (same(name, "oc-algo")) out.oc_algorithm = value;
  if (same(name, "oc-seq")) out.oc_sequence = value;
  if (same(name, "oc-validity")) {
    out.oc_validity = parse_unsigned<std::uint32_t>(value);
    if (!out.oc_validity) return "its oc-validity is not a number";
  }
  return nullptr;
}

const char* read_via_parameter(std::string_view name, std::string_view value, ViaParameters& out) {
  using grammar::same;
  if (same(name, "received")) {
    if (!is_address_text(value)) return "its received is not an address";
    out.received = value;
  } else if (same(name, "maddr")) {
    if (!is_address_text(value)) return "its maddr is not a host";
    out.maddr = value;
  } else if (same(name, "ttl")) {
    out.ttl = parse_unsigned<int>(value);
    if (!out.ttl || *out.ttl > 255) return "its ttl is not a number from 0 to 255";
  } else if (same(name, "rport")) {
    out.has_rport = true;
    const auto port = parse_unsigned<std::uint16_t>(value);
    if (!value.empty() && (!port || *port == 0)) return "its rport is not a number from 1 to 65535";
    out.rport = port.value_or(0);
  } else if (same(name, "alias")) {
    out.alias = true;
  } else if (same(name, "keep")) {
    out.has_keep = true;
    out.keep = parse_delta_seconds(value);
    if (!value.empty() && !out.keep) return "its keep is not a number of seconds";
  } else {
    return read_overload_parameter(name, value, out);
  }
  return nullptr;
}

/// Gives every parameter to `read`.
template <class Out, class Read>
const char* read_each(std::string_view list, Out& out, Read read) {
  grammar::ParameterReader reader(list);
  std::size_t count = 0;
  while (reader.next()) {
    if (++count > limits::sip_parameter_count) return "there are more than 64 parameters";
    if (const char* trouble = read(reader.name(), reader.value(), out)) return trouble;
  }
  return reader.ok() ? nullptr : "a parameter is empty or malformed";
}

}  // namespace

Result<ContactParameters> parse_contact_parameters(const NameAddr& contact) {
  ContactParameters out;
  if (const char* trouble = read_each(contact.parameters, out, read_contact_parameter)) return fail(trouble, "Contact");
  return out;
}

Result<ViaParameters> parse_via_parameters(const Via& via) {
  ViaParameters out;
  if (const char* trouble = read_each(via.parameters, out, read_via_parameter)) return fail(trouble, "Via");
  return out;
}

}  // namespace ringwall::sip
