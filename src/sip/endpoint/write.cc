#include <algorithm>

#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/headers.h"
#include "sip/endpoint/sips.h"
#include "sip/message/identity_headers.h"
#include "sip/transport/via.h"

namespace ringwall::sip {
namespace {

// A response or request that shows where later requests of the peer go.
bool shows_contact(Method method) {
  switch (method) {
    case Method::invite:
    case Method::update:
    case Method::subscribe:
    case Method::notify:
    case Method::refer:
    case Method::options:
      return true;
    default:
      return false;
  }
}

bool shows_allow(Method method) {
  return method == Method::invite || method == Method::update || method == Method::options;
}

// Where a choice of extensions follows: the requests that make or change something that lasts.
bool shows_supported(Method method) {
  return shows_allow(method) || method == Method::register_ || method == Method::subscribe || method == Method::refer;
}

// RFC 6665 section 8.2.2.
bool shows_events(Method method) {
  return method == Method::invite || method == Method::options || method == Method::subscribe;
}

}  // namespace

bool has_header(const Headers& headers, HeaderName name) {
  return std::ranges::any_of(headers, [name](const auto& header) { return parse_header_name(header.first) == name; });
}

bool is_own_header(HeaderName name) {
  switch (name) {
    case HeaderName::via:
    case HeaderName::from:
    case HeaderName::to:
    case HeaderName::call_id:
    case HeaderName::cseq:
    case HeaderName::content_length:
    case HeaderName::content_type:
    case HeaderName::record_route:
    case HeaderName::session_id:
      return true;
    default:
      return false;
  }
}

namespace {

void append_hex(std::string& out, std::uint64_t number, int digits) {
  constexpr std::string_view shown = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out.push_back(shown[number >> shift & 0xf]);
}

}  // namespace

std::string Endpoint::Core::new_token() {
  std::string out;
  out.reserve(16);
  append_hex(out, options.random(), 16);
  return out;
}

std::string Endpoint::Core::new_call_id() {
  std::string out;
  out.reserve(33 + options.host.size());
  append_hex(out, options.random(), 16);
  append_hex(out, options.random(), 16);
  return out.append("@").append(options.host);
}

// The Request-URI is in it: a request that comes back unchanged has looped, one for somebody else is a spiral (RFC 3261
// section 16.3).
std::string Endpoint::Core::new_branch(std::string_view request_uri) {
  std::string out;
  out.reserve(marker.size() + 24);
  out.append(marker);
  append_hex(out, keyed_hash(key, request_uri) & 0xffffffff, 8);
  append_hex(out, options.random(), 16);
  return out;
}

std::string Endpoint::Core::response_via(const Message& request, const NetAddress& source) const {
  return overload_in.announce(stamp_via(request.top_via(), source), request.top_via());
}

std::string Endpoint::Core::finish(MessageWriter& writer, Method method, const Route& route, bool sips,
                                   const Headers& headers, const Body& body) const {
  const bool bare = method == Method::ack;
  if (!bare && shows_contact(method) && !has_header(headers, HeaderName::contact))
    writer.header(HeaderName::contact, own_names.contact(route.transport, route.by_address, sips));
  for (const auto& [name, value] : headers) {
    const HeaderName known = parse_header_name(name);
    if (!is_own_header(known) && known != HeaderName::max_forwards) writer.header(name, value);
  }
  if (!bare && shows_allow(method) && !has_header(headers, HeaderName::allow))
    writer.header(HeaderName::allow, options.allow);
  if (!bare && shows_events(method) && !options.allow_events.empty())
    writer.header(HeaderName::allow_events, options.allow_events);
  if (shows_supported(method) && !has_header(headers, HeaderName::supported))
    writer.header(HeaderName::supported, options.supported);
  if (!options.name.empty() && !has_header(headers, HeaderName::user_agent))
    writer.header(HeaderName::user_agent, {"Ringwall ", options.name});
  return writer.finish(body.type, body.content);
}

std::string Endpoint::Core::write_outgoing(Method method, const Outgoing& request, std::string_view call_id,
                                           std::string_view tag, std::string_view branch) {
  const Transport transport = request.route.transport;
  const std::string_view name = method == Method::other ? request.method_name : print(method);
  const auto given = std::ranges::find_if(
      request.headers, [](const auto& header) { return parse_header_name(header.first) == HeaderName::max_forwards; });
  last_cseq = last_cseq % 0x7fffffff + 1;
  MessageWriter writer;
  writer.request(name, request.request_uri);
  writer.header(HeaderName::via, own_names.via(transport, branch));
  writer.header(HeaderName::max_forwards, given == request.headers.end() ? std::string_view("70") : given->second);
  writer.header(HeaderName::from, {request.from, ";tag=", tag});
  writer.header(HeaderName::to, request.to);
  writer.header(HeaderName::call_id, call_id);
  writer.header(HeaderName::cseq, {std::to_string(last_cseq), " ", name});
  if (const std::string uuid = given_session_id(request); !uuid.empty())
    writer.header(HeaderName::session_id, {uuid, ";remote=", null_session_uuid});
  return finish(writer, method, request.route, is_sips(request.request_uri), request.headers, request.body);
}

std::string Endpoint::Core::write_in_dialog(const DialogPath& path, Method method, std::uint32_t cseq,
                                            std::string_view branch, const Headers& headers, const Body& body) const {
  MessageWriter writer;
  path.dialog.write_request(writer, print(method), own_names.via(path.route.transport, branch), cseq);
  if (const std::string& value = path.session_id.value(); !value.empty()) writer.header(HeaderName::session_id, value);
  return finish(writer, method, path.route, is_sips(path.dialog.remote_target()), headers, body);
}

std::string Endpoint::Core::print_response(const ServerTransaction& transaction, int status,
                                           const Answer& answer) const {
  const Method method = transaction.request->method();
  const bool success = status >= 200 && status < 300;
  const Leg* call = find_leg(LegId{transaction.user});
  const std::string exchanged = call == nullptr ? exchanged_session_id(*transaction.request) : std::string();
  const std::string& session = call == nullptr ? exchanged : call->session_id.value();
  std::vector<HeaderLine> lines;
  lines.reserve(answer.headers.size() + 8);
  const bool targets = shows_contact(method) && (success || (method == Method::invite && status > 100 && status < 200));
  if (targets && !has_header(answer.headers, HeaderName::contact))
    lines.push_back({HeaderName::contact,
                     {},
                     own_names.contact(transaction.route.transport, transaction.route.by_address,
                                       wants_sips_contact(*transaction.request))});
  if (!session.empty()) lines.push_back({HeaderName::session_id, {}, session});
  for (const auto& [name, value] : answer.headers)
    if (!is_own_header(parse_header_name(name))) lines.push_back({HeaderName::other, name, value});
  if ((status == 405 || (success && shows_allow(method))) && !has_header(answer.headers, HeaderName::allow))
    lines.push_back({HeaderName::allow, {}, options.allow});
  if (success && method == Method::options && !has_header(answer.headers, HeaderName::accept))
    lines.push_back({HeaderName::accept, {}, "application/sdp"});  // section 11.2
  if (success && shows_events(method) && !options.allow_events.empty())
    lines.push_back({HeaderName::allow_events, {}, options.allow_events});
  if (success && shows_supported(method) && !has_header(answer.headers, HeaderName::supported))
    lines.push_back({HeaderName::supported, {}, options.supported});
  if (status > 100 && !options.name.empty() && !has_header(answer.headers, HeaderName::server))
    lines.push_back({HeaderName::server, {}, server_text});
  return make_response(*transaction.request, status,
                       {.reason = answer.reason,
                        .to_tag = transaction.to_tag,
                        .top_via = transaction.via,
                        .headers = lines,
                        .content_type = answer.body.type,
                        .body = answer.body.content});
}

}  // namespace ringwall::sip
