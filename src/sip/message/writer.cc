#include <algorithm>
#include <array>
#include <charconv>

#include "sip/message/message.h"
#include "sip/message/scan.h"

namespace ringwall::sip {
namespace {

void clean(char* text, std::size_t size) {
  std::replace_if(text, text + size, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

char* put(char* at, std::string_view text) {
  return std::copy(text.begin(), text.end(), at);
}

/// Text from anywhere: what could end the line becomes a space.
char* put_clean(char* at, std::string_view text) {
  char* end = put(at, text);
  if (holds_line_end(text)) clean(at, text.size());
  return end;
}

/// Appends `size` bytes, which `write(position)` fills. What is handed to the inner function as the size may be more
/// than was asked for (libstdc++ 12 gives the new capacity).
template <class Write>
void append(std::string& out, std::size_t size, Write write) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + size, [&](char* text, std::size_t) {
    write(text + before);
    return before + size;
  });
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

MessageWriter& MessageWriter::request(std::string_view method, std::string_view uri) {
  constexpr std::string_view version = " SIP/2.0\r\n";
  append(out_, method.size() + 1 + uri.size() + version.size(), [&](char* at) {
    at = put(put_clean(at, method), " ");
    put(put_clean(at, uri), version);
  });
  return *this;
}

MessageWriter& MessageWriter::status(int code, std::string_view reason) {
  out_ += "SIP/2.0 ";
  append_number(out_, static_cast<std::size_t>(code));
  const std::string_view phrase = reason.empty() ? default_reason(code) : reason;
  append(out_, phrase.size() + 3, [&](char* at) { put(put_clean(put(at, " "), phrase), "\r\n"); });
  return *this;
}

MessageWriter& MessageWriter::header(HeaderName name, std::string_view value) {
  const std::string_view text_name = print(name);
  append(out_, text_name.size() + value.size() + 4,
         [&](char* at) { put(put_clean(put(put(at, text_name), ": "), value), "\r\n"); });
  return *this;
}

MessageWriter& MessageWriter::header(std::string_view name, std::string_view value) {
  append(out_, name.size() + value.size() + 4,
         [&](char* at) { put(put_clean(put(put_clean(at, name), ": "), value), "\r\n"); });
  return *this;
}

MessageWriter& MessageWriter::header(HeaderName name, std::initializer_list<std::string_view> pieces) {
  const std::string_view text_name = print(name);
  std::size_t size = text_name.size() + 4;
  for (std::string_view piece : pieces)
    size += piece.size();
  append(out_, size, [&](char* at) {
    at = put(put(at, text_name), ": ");
    for (std::string_view piece : pieces)
      at = put_clean(at, piece);
    put(at, "\r\n");
  });
  return *this;
}

std::string MessageWriter::finish(std::string_view content_type, std::string_view body) {
  if (!content_type.empty()) header(HeaderName::content_type, content_type);
  out_ += "Content-Length: ";
  append_number(out_, body.size());
  append(out_, body.size() + 4, [&](char* at) { put(put(at, "\r\n\r\n"), body); });
  return std::move(out_);
}

std::string_view default_reason(int status) {
  switch (status) {
    case 100:
      return "Trying";
    case 180:
      return "Ringing";
    case 181:
      return "Call Is Being Forwarded";
    case 182:
      return "Queued";
    case 183:
      return "Session Progress";
    case 199:
      return "Early Dialog Terminated";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Notification";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Moved Temporarily";
    case 305:
      return "Use Proxy";
    case 380:
      return "Alternative Service";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 412:
      return "Conditional Request Failed";
    case 413:
      return "Request Entity Too Large";
    case 414:
      return "Request-URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Unsupported URI Scheme";
    case 417:
      return "Unknown Resource-Priority";
    case 420:
      return "Bad Extension";
    case 421:
      return "Extension Required";
    case 422:
      return "Session Interval Too Small";
    case 423:
      return "Interval Too Brief";
    case 424:
      return "Bad Location Information";
    case 428:
      return "Use Identity Header";
    case 429:
      return "Provide Referrer Identity";
    case 430:
      return "Flow Failed";
    case 433:
      return "Anonymity Disallowed";
    case 436:
      return "Bad Identity Info";
    case 437:
      return "Unsupported Credential";
    case 438:
      return "Invalid Identity Header";
    case 439:
      return "First Hop Lacks Outbound Support";
    case 440:
      return "Max-Breadth Exceeded";
    case 469:
      return "Bad Info Package";
    case 470:
      return "Consent Needed";
    case 480:
      return "Temporarily Unavailable";
    case 481:
      return "Call/Transaction Does Not Exist";
    case 482:
      return "Loop Detected";
    case 483:
      return "Too Many Hops";
    case 484:
      return "Address Incomplete";
    case 485:
      return "Ambiguous";
    case 486:
      return "Busy Here";
    case 487:
      return "Request Terminated";
    case 488:
      return "Not Acceptable Here";
    case 489:
      return "Bad Event";
    case 491:
      return "Request Pending";
    case 493:
      return "Undecipherable";
    case 494:
      return "Security Agreement Required";
    case 500:
      return "Server Internal Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Server Time-out";
    case 505:
      return "Version Not Supported";
    case 513:
      return "Message Too Large";
    case 580:
      return "Precondition Failure";
    case 600:
      return "Busy Everywhere";
    case 603:
      return "Decline";
    case 604:
      return "Does Not Exist Anywhere";
    case 606:
      return "Not Acceptable";
    case 607:
      return "Unwanted";
    case 608:
      return "Rejected";
    default:
      break;
  }
  if (status < 200) return "Session Progress";
  if (status < 300) return "OK";
  if (status < 400) return "Multiple Choices";
  if (status < 500) return "Bad Request";
  return status < 600 ? "Server Internal Error" : "Busy Everywhere";
}

}  // namespace ringwall::sip
