#include "sip/endpoint/own_names.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sip/transport/overload.h"

namespace ringwall::sip {

std::string OwnNames::sent_by(const NetAddress& local, bool by_address) const {
  const std::string& host = by_address || options_.host.empty() ? local.ip : options_.host;
  const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  const std::string shown = bare_ipv6 ? "[" + host + "]" : host;
  return local.port == 0 ? shown : fmt::format("{}:{}", shown, local.port);
}

std::string OwnNames::make_contact(const Names& names, Transport transport, bool by_address, bool sips) const {
  const std::string user = options_.name.empty() ? std::string() : escape_user(options_.name) + "@";
  // RFC 7118 section 5.2: URIs say "ws" for both kinds of WebSocket.
  const std::string shown = transport == Transport::wss ? "ws" : to_lower(print(transport));
  const std::string parameter = sips && transport == Transport::tls ? std::string() : ";transport=" + shown;
  return fmt::format("<{}:{}{}{}>", sips ? "sips" : "sip", user, sent_by(names.local, by_address), parameter);
}

const OwnNames::Names& OwnNames::names(Transport transport) const {
  Names& out = names_.at(static_cast<std::size_t>(transport));
  NetAddress local = options_.local(transport);
  if (out.made && out.local == local) return out;
  out.made = true;
  out.local = std::move(local);
  // RFC 5923: whoever listens lets the other side send its own requests back over this connection.
  const bool alias = transport == Transport::tls && out.local.port != 0;
  out.before_branch = fmt::format("SIP/2.0/{} {};branch=", print(transport), sent_by(out.local, false));
  out.behind_branch = fmt::format(";rport{}{}", alias ? ";alias" : "", options_.overload_control ? overload_offer : "");
  for (const bool by_address : {false, true})
    for (const bool sips : {false, true})
      out.contacts.at(2 * std::size_t{by_address} + std::size_t{sips}) = make_contact(out, transport, by_address, sips);
  return out;
}

std::string OwnNames::via(Transport transport, std::string_view branch) const {
  const Names& known = names(transport);
  std::string out;
  out.reserve(known.before_branch.size() + branch.size() + known.behind_branch.size());
  return out.append(known.before_branch).append(branch).append(known.behind_branch);
}

const std::string& OwnNames::contact(Transport transport, bool by_address, bool sips) const {
  return names(transport).contacts.at(2 * std::size_t{by_address} + std::size_t{sips});
}

}  // namespace ringwall::sip
