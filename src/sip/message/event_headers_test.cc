#include "sip/message/event_headers.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

TEST(ParseEvent, ReadsPackageAndId) {
  const auto event = parse_event("presence.winfo ; id=44;x=\"y z\"");
  ASSERT_TRUE(event) << event.error().text();
  EXPECT_EQ(event->package, "presence.winfo");
  EXPECT_EQ(event->id, "44");
  EXPECT_EQ(event->parameters.find("x"), "y z");
  EXPECT_EQ(parse_event("dialog;call-id=\"a@b\";from-tag=1;to-tag=2")->parameters.find("call-id"), "a@b");
}

TEST(ParseEvent, RefusesWhatNamesNoPackage) {
  for (const char* bad :
       {"", ";id=1", "pre sence", "refer;id=", "refer;id=\"\"", "refer;id=\"a b\"", "refer;id=1;id=2", "refer;", "a,b"})
    EXPECT_FALSE(parse_event(bad)) << bad;
}

TEST(SameEvent, ComparesByteByByte) {
  const auto same = [](const char* a, const char* b) { return same_event(*parse_event(a), *parse_event(b)); };
  EXPECT_TRUE(same("refer;id=1", "refer;id=1;x=2"));
  EXPECT_FALSE(same("refer;id=1", "refer"));
  EXPECT_FALSE(same("refer;id=a", "refer;id=A"));
  EXPECT_FALSE(same("refer", "Refer"));
}

TEST(ParseSubscriptionState, ReadsEveryPart) {
  const auto state = parse_subscription_state("terminated;reason=probation;retry-after=20");
  ASSERT_TRUE(state) << state.error().text();
  EXPECT_TRUE(state->is_terminated());
  EXPECT_EQ(state->reason, "probation");
  EXPECT_EQ(state->retry_after, 20U);
  EXPECT_FALSE(state->expires);
  EXPECT_EQ(parse_subscription_state("Active ;expires=3600")->expires, 3600U);
  EXPECT_TRUE(parse_subscription_state("Active")->is_active());
  EXPECT_TRUE(parse_subscription_state("pending")->is_pending());
  EXPECT_FALSE(parse_subscription_state("dormant")->is_active()) << "an extension is no error";
}

TEST(ParseSubscriptionState, RefusesBadOnes) {
  for (const char* bad : {"", ";expires=1", "active;expires=soon", "active;expires", "active;retry-after=-1", "act ive",
                          "active;expires=1;expires=2"})
    EXPECT_FALSE(parse_subscription_state(bad)) << bad;
}

}  // namespace
}  // namespace ringwall::sip
