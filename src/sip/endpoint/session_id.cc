#include "sip/endpoint/session_id.h"

#include <algorithm>

#include "sip/endpoint/core.h"
#include "sip/message/identity_headers.h"

namespace ringwall::sip {

void SessionIdentity::receive(const Message& message) {
  if (local.empty() || !message.has(HeaderName::session_id)) return;
  const auto read = parse_session_id(message.header(HeaderName::session_id));
  if (!read) return;
  // The null UUID says that a party in between does not know it yet (section 5).
  const bool old = read->remote.empty();
  const bool told = read->local != null_session_uuid && read->local != remote;
  if (!told && old == old_peer) return;
  if (told) remote = read->local;
  old_peer = old;
  print_value();
}

void SessionIdentity::set_local(std::string uuid) {
  local = std::move(uuid);
  print_value();
}

void SessionIdentity::print_value() {
  if (local.empty()) {
    shown_.clear();
  } else if (old_peer && !remote.empty()) {
    shown_ = remote;  // section 11
  } else {
    shown_ = print(SessionIdHeader{local, remote.empty() ? null_session_uuid : std::string_view(remote)});
  }
}

std::string exchanged_session_id(const Message& request) {
  if (!request.has(HeaderName::session_id)) return {};
  const auto read = parse_session_id(request.header(HeaderName::session_id));
  if (!read) return {};
  if (read->remote.empty()) return print(*read);
  return read->remote == null_session_uuid ? std::string() : print(SessionIdHeader{read->remote, read->local});
}

// A random UUID, version 4 (RFC 4122 section 4.4; RFC 7989 section 4.1 takes it without hyphens).
std::string Endpoint::Core::new_session_id() {
  std::string out = new_token() + new_token();
  out[12] = '4';
  constexpr std::string_view variant = "89ab";
  out[16] = variant[static_cast<unsigned char>(out[16]) % variant.size()];
  return out;
}

// The application may have put the header itself among the others.
std::string Endpoint::Core::given_session_id(const Outgoing& request) {
  if (is_session_uuid(request.session_id)) return request.session_id;
  const auto header = std::ranges::find_if(
      request.headers, [](const auto& one) { return parse_header_name(one.first) == HeaderName::session_id; });
  if (header == request.headers.end()) return {};
  const auto read = parse_session_id(header->second);
  return read ? std::string(read->local) : std::string();
}

}  // namespace ringwall::sip
