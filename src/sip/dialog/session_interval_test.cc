#include "sip/dialog/session_interval.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

using std::chrono::seconds;

Message message(std::string_view first, std::string_view headers) {
  const std::string bytes = fmt::format(
      "{}\r\nVia: SIP/2.0/TLS a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: c\r\n"
      "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n{}Content-Length: 0\r\n\r\n",
      first, headers);
  auto read = Message::parse(bytes);
  EXPECT_TRUE(read.has_value()) << bytes;
  return std::move(*read);
}
Message request(std::string_view headers) {
  return message("INVITE sip:b@b SIP/2.0", headers);
}

struct Grant {
  std::string_view what, headers;
  SessionWishes ours;
  bool refreshing;  ///< we refresh already
  int refused;      ///< Min-SE of the 422; 0: granted
  int interval;
  bool we_refresh;
};
constexpr SessionWishes usual{seconds(1800), seconds(90)};
constexpr SessionWishes none_of_our_own{seconds(0), seconds(90)};

#define KNOWN "Supported: timer\r\n"
const Grant grants[] = {
    {"nobody asks", "", none_of_our_own, false, 0, 0, false},
    {"we ask, and have to refresh for a caller that cannot", "", usual, false, 0, 1800, true},
    {"we ask, the caller can", KNOWN, usual, false, 0, 1800, false},
    {"it was required", "Require: timer\r\nSession-Expires: 600\r\n", usual, false, 0, 600, false},
    {"the shorter wish wins", KNOWN "Session-Expires: 3600\r\n", usual, false, 0, 1800, false},
    {"the caller's wish alone", KNOWN "Session-Expires: 3600\r\n", none_of_our_own, false, 0, 3600, false},
    {"Min-SE is a floor", KNOWN "Session-Expires: 7200\r\nMin-SE: 3000\r\n", usual, false, 0, 3000, false},
    {"the caller refreshes", KNOWN "Session-Expires: 600;refresher=uac\r\n", usual, true, 0, 600, false},
    {"we refresh", KNOWN "Session-Expires: 600;refresher=uas\r\n", usual, false, 0, 600, true},
    {"roles stay", KNOWN "Session-Expires: 600\r\n", usual, true, 0, 600, true},
    {"too short", KNOWN "Session-Expires: 89\r\n", usual, false, 90, 0, false},
    {"too short, and zero", KNOWN "Session-Expires: 0\r\n", none_of_our_own, false, 90, 0, false},
    {"short, but a proxy's", "Session-Expires: 60\r\n", usual, false, 0, 90, true},
    {"just long enough", KNOWN "Session-Expires: 90\r\n", usual, false, 0, 90, false},
    {"malformed: as if absent", KNOWN "Session-Expires: soon\r\n", none_of_our_own, false, 0, 0, false},
    {"for ever", KNOWN "Session-Expires: 4000000000\r\nMin-SE: 4000000000\r\n", usual, false, 0, 86400, false},
};

TEST(SessionInterval, IsGranted) {
  for (const Grant& one : grants) {
    const auto granted = grant_session(request(one.headers), one.ours, one.refreshing);
    EXPECT_EQ(granted.has_value(), one.refused == 0) << one.what;
    if (!granted) {
      EXPECT_EQ(granted.error(), seconds(one.refused)) << one.what;
      continue;
    }
    EXPECT_EQ(granted->interval, seconds(one.interval)) << one.what;
    if (one.interval == 0) continue;
    EXPECT_EQ(granted->we_refresh, one.we_refresh) << one.what;
    EXPECT_TRUE(granted->agreed) << one.what;
  }
}

TEST(SessionInterval, IsReadFromA2xx) {
  struct Reading {
    std::string_view headers;
    SessionWishes ours;
    int interval;
    bool we_refresh, agreed;
  };
  const Reading readings[] = {
      {"Session-Expires: 600;refresher=uac\r\n", usual, 600, true, true},
      {"Session-Expires: 600;refresher=uas\r\n", usual, 600, false, true},
      {"Session-Expires: 600\r\n", usual, 600, true, true},
      {"Session-Expires: 600;refresher=uas\r\n", none_of_our_own, 600, false, true},
      {"Session-Expires: 5;refresher=uac\r\n", usual, 90, true, true},
      {"", usual, 1800, true, false},
      {"Session-Expires: x\r\n", usual, 1800, true, false},
      {"", none_of_our_own, 0, false, false},
  };
  for (const Reading& one : readings) {
    const SessionTerms terms = read_session(message("SIP/2.0 200 OK", one.headers), one.ours);
    EXPECT_EQ(terms.interval, seconds(one.interval)) << one.headers;
    EXPECT_EQ(terms.we_refresh, one.we_refresh) << one.headers;
    EXPECT_EQ(terms.agreed, one.agreed) << one.headers;
  }
}

TEST(SessionInterval, IsRaisedByA422WithinReason) {
  const auto raised = [](std::string_view headers) {
    return raised_interval(message("SIP/2.0 422 Too Small", headers), seconds(1800)).count();
  };
  EXPECT_EQ(raised("Min-SE: 3600\r\n"), 3600);
  EXPECT_EQ(raised("Min-SE: 1800\r\n"), 0);
  EXPECT_EQ(raised("Min-SE: 90000\r\n"), 0);
  EXPECT_EQ(raised("Min-SE: much\r\n"), 0);
  EXPECT_EQ(raised(""), 0);
}

// RFC 4028 section 10.
TEST(SessionInterval, TimesOfRefreshAndEnd) {
  EXPECT_EQ(refresh_after(seconds(1800)), seconds(900));
  EXPECT_EQ(give_up_after(seconds(1800)), seconds(1768));
  EXPECT_EQ(give_up_after(seconds(90)), seconds(60));
}

}  // namespace
}  // namespace ringwall::sip
