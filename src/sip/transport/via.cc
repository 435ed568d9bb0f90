#include "sip/transport/via.h"

#include "base/text.h"

namespace ringwall::sip {
namespace {

/// What a peer that offers keep-alives (RFC 6223) is told: the seconds between two of them.
constexpr std::string_view keep_alive = ";keep=120";

/// Appends the parameters of `via` except `received`, `rport` and an offer to keep alive, as the peer wrote them.
void append_own_parameters(std::string& out, std::string_view parameters) {
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= parameters.size(); ++at) {
    const bool end = at == parameters.size();
    if (!end && parameters[at] == '\\' && quoted) {
      ++at;
      continue;
    }
    if (!end && parameters[at] == '"') quoted = !quoted;
    if (!end && (quoted || parameters[at] != ';')) continue;
    const std::string_view parameter = trim(parameters.substr(start, at - start));
    const std::string_view name = trim(parameter.substr(0, parameter.find('=')));
    if (!equals_ignoring_case(name, "received") && !equals_ignoring_case(name, "rport") &&
        !equals_ignoring_case(parameter, "keep"))
      out.append(";").append(parameter);
    start = at + 1;
  }
}

std::string_view without_brackets(std::string_view host) {
  return host.size() >= 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

/// Whether sent-by is that address, in whatever form it is written.
bool is_same_address(std::string_view sent_by, const std::string& ip) {
  const std::string_view bare = without_brackets(sent_by);
  if (bare == ip) return true;
  const auto address = parse_net_address(sent_by, 1);
  return address && address->ip == ip;
}

}  // namespace

std::string stamp_via(const Via& via, const NetAddress& source) {
  std::string out;
  out.reserve(64 + via.host.size() + via.parameters.size() + source.ip.size());
  out.append("SIP/2.0/");
  out.append(via.transport).append(" ").append(via.host);
  if (via.port != 0) out.append(":").append(std::to_string(via.port));
  if (!via.parameters.empty()) append_own_parameters(out, via.parameters);
  const bool rport = find_parameter(via.parameters, "rport").has_value();
  if (rport || !is_same_address(via.host, source.ip)) out.append(";received=").append(source.ip);
  if (rport) out.append(";rport=").append(std::to_string(source.port));
  if (find_parameter(via.parameters, "keep") == "") out.append(keep_alive);
  return out;
}

ResponseTarget response_target(const Via& via, Transport transport) {
  ResponseTarget target;
  const auto received = find_parameter(via.parameters, "received");
  const auto maddr = find_parameter(via.parameters, "maddr");
  const auto rport = find_parameter(via.parameters, "rport");
  target.port = via.port != 0 ? via.port : default_port(transport);
  target.host = without_brackets(via.host);
  if (transport == Transport::udp && maddr && !maddr->empty()) {
    target.host = without_brackets(*maddr);
  } else if (received && !received->empty()) {
    target.host = without_brackets(*received);
    const auto port = rport ? parse_unsigned<std::uint16_t>(*rport) : std::nullopt;
    if (port && *port != 0) target.port = *port;
  }
  return target;
}

std::uint16_t default_port(Transport transport) {
  switch (transport) {
    case Transport::tls:
      return 5061;
    case Transport::wss:
      return 443;  // RFC 7118 section 5.2
    case Transport::ws:
      return 80;
    default:
      return 5060;
  }
}

}  // namespace ringwall::sip
