#include <array>

#include "sip/message/grammar.h"
#include "sip/message/message.h"

namespace ringwall::sip {
namespace {

constexpr std::array<std::string_view, 15> method_names = {"ACK",     "BYE",      "CANCEL",    "INFO",   "INVITE",
                                                           "MESSAGE", "NOTIFY",   "OPTIONS",   "PRACK",  "PUBLISH",
                                                           "REFER",   "REGISTER", "SUBSCRIBE", "UPDATE", ""};

constexpr std::size_t header_count = static_cast<std::size_t>(HeaderName::other);
constexpr std::array<std::string_view, header_count> header_names = {"Accept",
                                                                     "Accept-Contact",
                                                                     "Accept-Encoding",
                                                                     "Accept-Language",
                                                                     "Alert-Info",
                                                                     "Allow",
                                                                     "Allow-Events",
                                                                     "Authentication-Info",
                                                                     "Authorization",
                                                                     "Call-ID",
                                                                     "Call-Info",
                                                                     "Contact",
                                                                     "Content-Disposition",
                                                                     "Content-Encoding",
                                                                     "Content-Language",
                                                                     "Content-Length",
                                                                     "Content-Type",
                                                                     "CSeq",
                                                                     "Date",
                                                                     "Diversion",
                                                                     "Error-Info",
                                                                     "Event",
                                                                     "Expires",
                                                                     "Flow-Timer",
                                                                     "From",
                                                                     "Geolocation",
                                                                     "History-Info",
                                                                     "Identity",
                                                                     "In-Reply-To",
                                                                     "Info-Package",
                                                                     "Join",
                                                                     "Max-Forwards",
                                                                     "MIME-Version",
                                                                     "Min-Expires",
                                                                     "Min-SE",
                                                                     "Organization",
                                                                     "P-Access-Network-Info",
                                                                     "P-Asserted-Identity",
                                                                     "P-Associated-URI",
                                                                     "P-Called-Party-ID",
                                                                     "P-Preferred-Identity",
                                                                     "Path",
                                                                     "Priority",
                                                                     "Privacy",
                                                                     "Proxy-Authenticate",
                                                                     "Proxy-Authentication-Info",
                                                                     "Proxy-Authorization",
                                                                     "Proxy-Require",
                                                                     "RAck",
                                                                     "Reason",
                                                                     "Record-Route",
                                                                     "Recv-Info",
                                                                     "Refer-Sub",
                                                                     "Refer-To",
                                                                     "Referred-By",
                                                                     "Reject-Contact",
                                                                     "Remote-Party-ID",
                                                                     "Replaces",
                                                                     "Reply-To",
                                                                     "Request-Disposition",
                                                                     "Require",
                                                                     "Retry-After",
                                                                     "Route",
                                                                     "RSeq",
                                                                     "Server",
                                                                     "Service-Route",
                                                                     "Session-Expires",
                                                                     "Session-ID",
                                                                     "SIP-ETag",
                                                                     "SIP-If-Match",
                                                                     "Subject",
                                                                     "Subscription-State",
                                                                     "Supported",
                                                                     "Target-Dialog",
                                                                     "Timestamp",
                                                                     "To",
                                                                     "Unsupported",
                                                                     "User-Agent",
                                                                     "User-to-User",
                                                                     "Via",
                                                                     "Warning",
                                                                     "WWW-Authenticate"};
static_assert(header_names.back() == "WWW-Authenticate");

/// The one-letter forms of RFC 3261 section 7.3.3 and of the RFCs that define the other headers.
constexpr HeaderName compact_form(char letter) {
  switch (letter) {
    case 'a':
      return HeaderName::accept_contact;
    case 'b':
      return HeaderName::referred_by;
    case 'c':
      return HeaderName::content_type;
    case 'd':
      return HeaderName::request_disposition;
    case 'e':
      return HeaderName::content_encoding;
    case 'f':
      return HeaderName::from;
    case 'i':
      return HeaderName::call_id;
    case 'j':
      return HeaderName::reject_contact;
    case 'k':
      return HeaderName::supported;
    case 'l':
      return HeaderName::content_length;
    case 'm':
      return HeaderName::contact;
    case 'o':
      return HeaderName::event;
    case 'r':
      return HeaderName::refer_to;
    case 's':
      return HeaderName::subject;
    case 't':
      return HeaderName::to;
    case 'u':
      return HeaderName::allow_events;
    case 'v':
      return HeaderName::via;
    case 'x':
      return HeaderName::session_expires;
    case 'y':
      return HeaderName::identity;
    default:
      return HeaderName::other;
  }
}

constexpr char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr std::size_t table_size = 512;

/// Length, first, middle and last letter tell the known headers apart.
constexpr std::size_t slot_of(std::string_view text, std::size_t first_factor, std::size_t last_factor) {
  const auto first = static_cast<unsigned char>(fold(text.front()));
  const auto last = static_cast<unsigned char>(fold(text.back()));
  const auto middle = static_cast<unsigned char>(fold(text[text.size() / 2]));
  return (text.size() + first * first_factor + middle * 11 + last * last_factor) % table_size;
}

struct NameTable {
  std::size_t first_factor = 0;
  std::size_t last_factor = 0;
  std::array<HeaderName, table_size> slots{};
};

/// Searches, at compile time, the factors with which no two names share a slot.
consteval NameTable make_table() {
  for (std::size_t first = 1; first < 64; ++first) {
    for (std::size_t last = 1; last < 64; ++last) {
      NameTable table{first, last, {}};
      table.slots.fill(HeaderName::other);
      bool clash = false;
      for (std::size_t i = 0; i < header_count && !clash; ++i) {
        HeaderName& slot = table.slots[slot_of(header_names[i], first, last)];
        clash = slot != HeaderName::other;
        slot = static_cast<HeaderName>(i);
      }
      if (!clash) return table;
    }
  }
  throw "no perfect hash found";
}
constexpr NameTable table = make_table();

}  // namespace

Method parse_method(std::string_view text) {
  for (std::size_t i = 0; i + 1 < method_names.size(); ++i) {
    if (text == method_names[i]) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view print(Method method) {
  return method_names[static_cast<std::size_t>(method)];
}

HeaderName parse_header_name(std::string_view text) {
  if (text.empty()) return HeaderName::other;
  if (text.size() == 1) return compact_form(fold(text.front()));
  const HeaderName name = table.slots[slot_of(text, table.first_factor, table.last_factor)];
  if (name == HeaderName::other || !grammar::same(text, header_names[static_cast<std::size_t>(name)]))
    return HeaderName::other;
  return name;
}

std::string_view print(HeaderName name) {
  return name == HeaderName::other ? std::string_view{} : header_names[static_cast<std::size_t>(name)];
}

}  // namespace ringwall::sip
