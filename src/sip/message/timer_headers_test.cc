#include "sip/message/timer_headers.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;

TEST(ParseSessionExpires, ReadsTheRefresher) {
  const auto both = parse_session_expires("1800 ; refresher=UAS;x=1");
  ASSERT_TRUE(both) << both.error().text();
  EXPECT_EQ(both->seconds, 1800U);
  EXPECT_EQ(both->refresher, Refresher::uas);
  EXPECT_EQ(print(*both), "1800;refresher=uas");
  EXPECT_EQ(parse_session_expires("90;refresher=uac")->refresher, Refresher::uac);
  EXPECT_EQ(parse_session_expires("90")->refresher, Refresher::unspecified);
  EXPECT_EQ(print(*parse_session_expires("90")), "90");
  EXPECT_EQ(parse_session_expires("99999999999")->seconds, 0xffff'ffffU);
}

TEST(ParseSessionExpires, RefusesBadOnes) {
  for (const char* bad : {"", ";refresher=uac", "soon", "90;refresher=both", "90;refresher",
                          "90;refresher=uac;refresher=uac", "-1", "90 s"})
    EXPECT_FALSE(parse_session_expires(bad)) << bad;
}

TEST(ParseMinSe, ReadsSeconds) {
  EXPECT_EQ(parse_min_se("90"), 90U);
  EXPECT_EQ(parse_min_se("120;lr"), 120U);
  EXPECT_FALSE(parse_min_se(""));
  EXPECT_FALSE(parse_min_se("x"));
  EXPECT_FALSE(parse_min_se("90;"));
}

TEST(ParseRetryAfter, ReadsCommentAndDuration) {
  const auto full = parse_retry_after("18000 (I'm (really) in a meeting\\)) ;duration=3600");
  ASSERT_TRUE(full) << full.error().text();
  EXPECT_EQ(full->seconds, 18000U);
  EXPECT_EQ(full->comment, "I'm (really) in a meeting\\)");
  EXPECT_EQ(full->duration, 3600U);
  EXPECT_EQ(parse_retry_after("120")->duration, 0U);
  EXPECT_EQ(parse_retry_after("5;x")->seconds, 5U);
}

TEST(ParseRetryAfter, RefusesBadOnes) {
  for (const char* bad : {"", "soon", "5 (", "5 (a", "5 (a(b)", "5 (a) b", "5;duration=x", "5;duration", "5 ((((((((("})
    EXPECT_FALSE(parse_retry_after(bad)) << bad;
}

TEST(ParseTimestamp, ReadsTimeAndDelay) {
  EXPECT_EQ(parse_timestamp("54")->time, "54");
  EXPECT_EQ(parse_timestamp("54.123  .5")->time, "54.123");
  EXPECT_EQ(parse_timestamp("54.123  .5")->delay, ".5");
  for (const char* bad : {"", ".5", "x", "5x", "5 x", "5 1 2", "1.2.3"})
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
}

TEST(ParseDate, ReadsTheDateOfTheRfc) {
  const auto date = parse_date("Sat, 13 Nov 2010 23:29:00 GMT");
  ASSERT_TRUE(date) << date.error().text();
  EXPECT_EQ(date->time_since_epoch(), 1289690940s);
  EXPECT_EQ(print_date(*date), "Sat, 13 Nov 2010 23:29:00 GMT");
}

TEST(ParseDate, RefusesBadOnes) {
  for (const char* bad :
       {"", "Sat, 13 Nov 2010 23:29:00 EST", "Fri, 13 Nov 2010 23:29:00 GMT", "Sat, 31 Nov 2010 23:29:00 GMT",
        "Sat, 13 Xov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 24:29:00 GMT", "Sat, 13 Nov 2010 23:29 GMT",
        "Sat, 1x Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:00 GMT+1"})
    EXPECT_FALSE(parse_date(bad)) << bad;
}

}  // namespace
}  // namespace ringwall::sip
