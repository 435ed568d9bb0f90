#include <algorithm>
#include <array>
#include <charconv>

#include "sip/message/message.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view harmful{"\r\n\0", 3};

/// Appends text from anywhere: what could end the line becomes a space.
void append_clean(std::string& out, std::string_view text) {
  const std::size_t at = out.size();
  out += text;
  if (text.find_first_of(harmful) == std::string_view::npos) return;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(at), out.end(),
      [](char c) { return harmful.find(c) != std::string_view::npos; }, ' ');
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

MessageWriter& MessageWriter::request(std::string_view method, std::string_view uri) {
  out_.reserve(1024);
  append_clean(out_, method);
  out_ += ' ';
  append_clean(out_, uri);
  out_ += " SIP/2.0\r\n";
  return *this;
}

MessageWriter& MessageWriter::status(int code, std::string_view reason) {
  out_.reserve(1024);
  out_ += "SIP/2.0 ";
  append_number(out_, static_cast<std::size_t>(code));
  out_ += ' ';
  append_clean(out_, reason.empty() ? default_reason(code) : reason);
  out_ += "\r\n";
  return *this;
}

MessageWriter& MessageWriter::header(HeaderName name, std::string_view value) {
  return header(print(name), value);
}

MessageWriter& MessageWriter::header(std::string_view name, std::string_view value) {
  append_clean(out_, name);
  out_ += ": ";
  append_clean(out_, value);
  out_ += "\r\n";
  return *this;
}

std::string MessageWriter::finish(std::string_view content_type, std::string_view body) {
  if (!content_type.empty()) header(HeaderName::content_type, content_type);
  out_ += "Content-Length: ";
  append_number(out_, body.size());
  out_ += "\r\n\r\n";
  out_ += body;
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
