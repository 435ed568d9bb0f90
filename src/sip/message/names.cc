#include "sip/message/names.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

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

/// Upper and lower case letters become equal (and other pairs too: this only chooses a slot).
constexpr std::size_t blend(char c) {
  return static_cast<unsigned char>(c) | 0x20U;
}

constexpr std::size_t table_size = 512;

/// Length, first, middle and last letter tell the known headers apart.
constexpr std::size_t slot_of(const char* text, std::size_t length, std::size_t first_factor, std::size_t last_factor) {
  return (length + blend(text[0]) * first_factor + blend(text[length / 2]) * 11 +
          blend(text[length - 1]) * last_factor) %
         table_size;
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
        HeaderName& slot = table.slots[slot_of(header_names[i].data(), header_names[i].size(), first, last)];
        clash = slot != HeaderName::other;
        slot = static_cast<HeaderName>(i);
      }
      if (!clash) return table;
    }
  }
  throw "no perfect hash found";
}
constexpr NameTable table = make_table();

/// A name in four words, and the bits of them that must be equal: all but the case of letters, none behind the end.
struct NameWords {
  static constexpr std::size_t count = 4;
  std::array<std::uint64_t, count> text{};
  std::array<std::uint64_t, count> weight{};
};

consteval std::array<NameWords, header_count> make_words() {
  std::array<NameWords, header_count> out{};
  for (std::size_t i = 0; i < header_count; ++i) {
    std::array<char, known_name_room> text{};
    std::array<char, known_name_room> weight{};
    for (std::size_t at = 0; at < header_names[i].size(); ++at) {
      const char c = header_names[i][at];
      text[at] = c;
      weight[at] = static_cast<char>(c == '-' ? 0xff : 0xdf);
    }
    out[i] = {std::bit_cast<std::array<std::uint64_t, NameWords::count>>(text),
              std::bit_cast<std::array<std::uint64_t, NameWords::count>>(weight)};
  }
  return out;
}
constexpr std::array<NameWords, header_count> words = make_words();

/// The one-letter forms by their letter.
consteval std::array<HeaderName, 256> make_compact_forms() {
  std::array<HeaderName, 256> out{};
  for (std::size_t c = 0; c < out.size(); ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    out[c] = compact_form(static_cast<char>(upper ? c | 0x20 : c));
  }
  return out;
}
constexpr std::array<HeaderName, 256> compact_forms = make_compact_forms();

}  // namespace

Method parse_method(std::string_view text) {
  if (text == "INVITE") return Method::invite;  // most messages have it, for their CSeq has
  for (std::size_t i = 0; i + 1 < method_names.size(); ++i) {
    if (text == method_names[i]) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view print(Method method) {
  return method_names[static_cast<std::size_t>(method)];
}

HeaderName find_header_name(const char* text, std::size_t length) {
  if (length == 1) return compact_forms[static_cast<unsigned char>(text[0])];
  const HeaderName name = table.slots[slot_of(text, length, table.first_factor, table.last_factor)];
  if (name == HeaderName::other || header_names[static_cast<std::size_t>(name)].size() != length)
    return HeaderName::other;
  std::array<std::uint64_t, NameWords::count> read;
  std::memcpy(read.data(), text, sizeof read);
  const NameWords& known = words[static_cast<std::size_t>(name)];
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < NameWords::count; ++i)
    difference |= (read[i] ^ known.text[i]) & known.weight[i];
  return difference == 0 ? name : HeaderName::other;
}

HeaderName parse_header_name(std::string_view text) {
  if (text.empty() || text.size() > known_name_room) return HeaderName::other;
  std::array<char, known_name_room> padded{};
  std::memcpy(padded.data(), text.data(), text.size());
  return find_header_name(padded.data(), text.size());
}

std::string_view print(HeaderName name) {
  return name == HeaderName::other ? std::string_view{} : header_names[static_cast<std::size_t>(name)];
}

}  // namespace ringwall::sip
