// No input costs more than its length: the sources of this layer are compiled a second time, in a namespace of their
// own, with a call at each branch (cmake/layers.cmake), and hostile messages of growing size are counted through them.
#include <gtest/gtest.h>

#define ringwall ringwall_counted
#include "sip/message/auth_params.h"
#include "sip/message/content_headers.h"
#include "sip/message/dialog_headers.h"
#include "sip/message/identity_headers.h"
#include "sip/message/list_headers.h"
#include "sip/message/multipart.h"
#include "sip/message/respond.h"
#include "sip/message/timer_headers.h"

namespace {
std::uint64_t steps = 0;
}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  ++steps;
}

namespace ringwall::sip {
namespace {

std::string repeated(std::string_view piece, std::size_t size) {
  std::string out;
  while (out.size() + piece.size() <= size)
    out += piece;
  return out;
}

std::string request(const std::string& headers, const std::string& body = {}) {
  return "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS c;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
         "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n" +
         headers + "\r\n" + body;
}

/// Everything that reads what came in.
void read(const std::string& text) {
  const auto message = Message::parse(text);
  if (!message) {
    (void)make_error_response(text, message.error(), "tag");
    return;
  }
  for (int name = 0; name < static_cast<int>(HeaderName::other); ++name)
    (void)message->values(static_cast<HeaderName>(name));
  for (const HeaderField& field : message->headers()) {
    (void)message->header(field.text_name.substr(0, 10));
    (void)parse_auth(field.value);
    (void)parse_replaces(field.value);
    (void)parse_history_entry(field.value);
    (void)parse_privacy(field.value);
    (void)parse_content_type(field.value);
    (void)parse_retry_after(field.value);
    (void)list_holds(field.value, "x");
  }
  (void)find_part(message->header(HeaderName::content_type), message->body(), "application/sdp");
  ResponseParts parts;
  parts.top_via = "SIP/2.0/TLS c;branch=z9hG4bK1;received=192.0.2.1";
  (void)make_response(*message, 200, parts);
}

struct Attack {
  const char* name;
  std::string (*make)(std::size_t size);
};

const Attack attacks[] = {
    {"plain", [](std::size_t size) { return request("", std::string(size, 'x')); }},
    {"empty lines", [](std::size_t size) { return repeated("\r\n", size) + request(""); }},
    {"fields", [](std::size_t size) { return request(repeated("a:b\r\n", size)); }},
    {"folding", [](std::size_t size) { return request("Subject: x\r\n" + repeated(" \r\n", size)); }},
    {"folding that ends badly",
     [](std::size_t size) { return request("Subject: x\r\n" + repeated(" \r\n", size) + "\n"); }},
    {"commas", [](std::size_t size) { return request("Supported: " + repeated(",", size) + "\r\n"); }},
    {"tokens", [](std::size_t size) { return request("Supported: " + repeated("a,", size) + "\r\n"); }},
    {"vias", [](std::size_t size) { return request("Via: x" + repeated(",SIP/2.0/TLS a;branch=b", size) + "\r\n"); }},
    {"contacts",
     [](std::size_t size) { return request("Contact: <sip:a@b>" + repeated(",<sip:a@b>", size) + "\r\n"); }},
    {"open brackets", [](std::size_t size) { return request("Contact: " + repeated("<", size) + "\r\n"); }},
    {"open brackets in a list", [](std::size_t size) { return request("Path: " + repeated("<,", size) + "\r\n"); }},
    {"open quotes in a list", [](std::size_t size) { return request("Path: " + repeated("a,\"\\", size) + "\r\n"); }},
    {"escaped quotes", [](std::size_t size) { return request("Route: \"" + repeated("\\\"", size) + "\r\n"); }},
    {"parameters", [](std::size_t size) { return request("Record-Route: <sip:a@b>" + repeated(";a", size) + "\r\n"); }},
    {"one long parameter", [](std::size_t size) { return request("Reason: SIP;a=" + repeated("b", size) + "\r\n"); }},
    {"quoted parameters",
     [](std::size_t size) { return request("Replaces: a" + repeated(";a=\"\\\"\"", size) + "\r\n"); }},
    {"URI parameters", [](std::size_t size) { return request("Contact: <sip:a@b" + repeated(";ab", size) + ">\r\n"); }},
    {"percent signs", [](std::size_t size) { return request("Contact: <sip:" + repeated("%41", size) + "%@b>\r\n"); }},
    {"at signs", [](std::size_t size) { return request("Contact: <sip:" + repeated("a@", size) + ">\r\n"); }},
    {"comments", [](std::size_t size) { return request("Retry-After: 1 " + repeated("(", size) + "\r\n"); }},
    {"credentials",
     [](std::size_t size) { return request("Authorization: Digest " + repeated("a=b,", size) + "\r\n"); }},
    {"spaces", [](std::size_t size) { return request("Route: <sip:a@b>" + repeated(" ", size) + ";x\r\n"); }},
    {"delimiters",
     [](std::size_t size) {
       return request("Content-Type: multipart/mixed;boundary=a\r\n", repeated("\r\n--a", size));
     }},
    {"almost delimiters",
     [](std::size_t size) {
       const std::string boundary(70, 'a');
       return request("Content-Type: multipart/mixed;boundary=" + boundary + "\r\n",
                      repeated("\n--" + boundary.substr(1) + "b", size));
     }},
    {"nested parts",
     [](std::size_t size) {
       const std::string part = "--a\r\nContent-Type: multipart/mixed;boundary=a\r\n\r\n";
       return request("Content-Type: multipart/mixed;boundary=a\r\n", repeated(part, size) + "--a--\r\n");
     }},
    {"no request", [](std::size_t size) { return repeated("SIP ", size); }},
    {"old method", [](std::size_t size) { return repeated("x", size) + request("Subject: a\r\n"); }},
};

std::uint64_t count(const std::string& text) {
  steps = 0;
  read(text);
  return steps;
}

TEST(BoundedSteps, GrowWithTheSizeAndNoMore) {
  constexpr std::size_t small = 7'000;
  constexpr std::size_t factor = 8;
  for (const Attack& attack : attacks) {
    const std::uint64_t few = count(attack.make(small));
    const std::uint64_t many = count(attack.make(small * factor));
    EXPECT_LT(many, few * factor * 3 / 2 + 20'000) << attack.name << ": " << few << " steps became " << many;
    EXPECT_LT(many, small * factor * 60) << attack.name;
  }
}

TEST(BoundedSteps, AreCounted) {
  EXPECT_GT(count(request("")), 100U);
  EXPECT_GT(count(request("Supported: " + repeated("a,", 20'000) + "\r\n")), 20'000U);
}

}  // namespace
}  // namespace ringwall::sip
