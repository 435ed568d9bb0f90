#include "call/identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "call/element.h"
#include "sip/message/identity_headers.h"
#include "sip/message/list_headers.h"

namespace ringwall::call {
namespace {

using sip::HeaderName;

// RFC 3323 section 4.1.1.3.
constexpr std::string_view anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";

/// A SIP address at our host with its name; a telephone number stays what it is, for its context is part of it.
std::string shown(const sip::NameAddr& address, const std::string& host, std::string_view uri_headers = {}) {
  std::string uri;
  if (address.uri.is_sip()) {
    const std::string user(address.uri.user);
    uri = user.empty() ? "sip:" + host : fmt::format("sip:{}@{}", user, host);
    if (!uri_headers.empty()) uri.append("?").append(uri_headers);
  } else {
    uri = address.uri.text;
  }
  const std::string_view name = address.display_name;
  return name.empty() ? fmt::format("<{}>", uri) : fmt::format("\"{}\" <{}>", name, uri);
}

/// "Name=value" among the headers of a URI, still escaped; "" if there is none.
std::string_view uri_header(const sip::Uri& uri, std::string_view begin) {
  for (std::string_view rest = uri.headers; !rest.empty();) {
    const std::string_view header = take_until(rest, '&');
    if (equals_ignoring_case(header.substr(0, begin.size()), begin)) return header;
  }
  return {};
}

bool can_be_shown(const sip::Uri& uri) {
  return uri.is_sip() || (sip::grammar::same(uri.scheme, "tel") && !uri.user.empty());
}

std::string from_of(const sip::Message& invite, const std::string& host) {
  const std::string user = sip::escape_user(user_or_uri(invite.from().uri));
  const std::string uri = fmt::format("<sip:{}@{}>", user.empty() ? "anonymous" : user, host);
  const std::string_view name = invite.from().display_name;
  return name.empty() ? uri : fmt::format("\"{}\" {}", name, uri);
}

void add_asserted(const sip::Message& invite, const std::string& host, sip::Headers& out) {
  const auto asserted = sip::parse_asserted_identity(invite, HeaderName::p_asserted_identity);
  if (!asserted) return;
  for (const auto& address : {asserted->sip, asserted->tel})
    if (address) out.emplace_back("P-Asserted-Identity", shown(*address, host));
}

void add_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  const bool token = sip::grammar::all(value, sip::grammar::token);
  out.append(";").append(name).append("=");
  out.append(token ? std::string(value) : sip::print_quoted(sip::unescape_quoted(value)));
}

std::string print(const sip::Diversion& diversion, const std::string& host) {
  std::string out = shown(diversion.diverter, host);
  add_parameter(out, "reason", diversion.reason);
  if (diversion.counter) add_parameter(out, "counter", std::to_string(*diversion.counter));
  if (diversion.limit) add_parameter(out, "limit", std::to_string(*diversion.limit));
  add_parameter(out, "privacy", diversion.privacy);
  add_parameter(out, "screen", diversion.screen);
  return out;
}

/// An entry that is private keeps its place in the history, for the indexes of the others count on it (RFC 7044
/// section 10.1.2).
std::string print(const sip::HistoryEntry& entry, const std::string& host, bool hidden) {
  using Link = sip::HistoryEntry::Link;
  std::string out =
      hidden ? "<sip:anonymous@anonymous.invalid>" : shown(entry.target, host, uri_header(entry.target.uri, "Reason="));
  add_parameter(out, "index", entry.index);
  if (entry.link == Link::recursed) add_parameter(out, "rc", entry.link_index);
  if (entry.link == Link::mapped) add_parameter(out, "mp", entry.link_index);
  if (entry.link == Link::not_changed) add_parameter(out, "np", entry.link_index);
  return out;
}

/// Gives each value of a list header to `add` until it has taken enough of them.
template <class Add>
void each_value(const sip::Message& message, HeaderName name, Add add) {
  std::size_t left = limits::sip_history_entries;
  for (const std::string_view value : message.values(name)) {
    if (left == 0) return;
    if (add(value)) --left;
  }
}

void add_diversions(const sip::Message& invite, bool hide, const std::string& host, sip::Headers& out) {
  each_value(invite, HeaderName::diversion, [&](std::string_view value) {
    const auto read = sip::parse_diversion(value);
    if (!read || !can_be_shown(read->diverter.uri)) return false;
    const bool open = read->privacy.empty() || sip::grammar::same(read->privacy, "off");
    if (hide && !open) return false;
    out.emplace_back("Diversion", print(*read, host));
    return true;
  });
}

void pass_history(const sip::Message& invite, bool untrusted, bool all_private, const std::string& host,
                  sip::Headers& out) {
  each_value(invite, HeaderName::history_info, [&](std::string_view value) {
    const auto read = sip::parse_history_entry(value);
    if (!read || !can_be_shown(read->target.uri)) return false;
    const bool asks = all_private || !uri_header(read->target.uri, "Privacy=").empty();
    out.emplace_back("History-Info", print(*read, host, untrusted && asks));
    return true;
  });
}

}  // namespace

bool in_trust_domain(const policy::Site& site, std::string_view peer) {
  const auto named = [peer](const auto& one) { return one.name == peer; };
  const auto trunk = std::ranges::find_if(site.trunks, named);
  if (trunk != site.trunks.end()) return trunk->trusted_identity;
  if (const policy::Phone* phone = site.phone(peer)) {
    const policy::SecurityProfile* profile = site.profile(phone->profile);
    return profile != nullptr && profile->asserted_identity;
  }
  return std::ranges::any_of(site.elements, named);
}

CallerIdentity caller_identity(const sip::Message& invite, IdentityTrust trust, const std::string& host) {
  const sip::Privacy privacy = sip::privacy_of(invite);
  const bool hide = !trust.to && privacy.hides_identity() && !privacy.none;
  CallerIdentity out;
  out.from = hide ? std::string(anonymous) : from_of(invite, host);
  if (trust.from && !hide) add_asserted(invite, host, out.headers);
  // What was asked for and is done needs no asking any more; a trusted side has it still to do.
  const std::string_view asked = invite.header(HeaderName::privacy);
  if (!hide && !asked.empty() && sip::parse_privacy(asked)) out.headers.emplace_back("Privacy", asked);
  add_diversions(invite, !trust.to, host, out.headers);
  out.hides_history = !trust.to && (privacy.history || privacy.header);
  pass_history(invite, !trust.to, privacy.history || privacy.header, host, out.headers);
  return out;
}

CallerIdentity phone_identity(const sip::Message& invite, const std::string& number, IdentityTrust trust,
                              const std::string& host) {
  CallerIdentity out = caller_identity(invite, {.from = false, .to = trust.to}, host);
  const sip::Privacy privacy = sip::privacy_of(invite);
  const bool open = trust.to || !privacy.hides_identity() || privacy.none;
  if (trust.from && open)
    out.headers.emplace(out.headers.begin(), "P-Asserted-Identity",
                        fmt::format("<sip:{}@{}>", sip::escape_user(number), host));
  return out;
}

void add_diversion(sip::Headers& headers, std::string_view number, const std::string& host, std::string_view reason) {
  const auto first = std::ranges::find_if(headers, [](const auto& one) { return one.first == "Diversion"; });
  headers.emplace(first, "Diversion",
                  fmt::format("<sip:{}@{}>;reason={};counter=1", sip::escape_user(number), host, reason));
}

void pass_session_id(sip::Endpoint& endpoint, const sip::Message& heard, sip::LegId told) {
  const auto read = sip::parse_session_id(heard.header(HeaderName::session_id));
  if (read && read->local != sip::null_session_uuid) endpoint.set_session_id(told, std::string(read->local));
}

}  // namespace ringwall::call
