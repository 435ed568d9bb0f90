#include "sip/event/resubscribe.h"

#include <gmock/gmock.h>

namespace ringwall::sip::event {
namespace {

using std::chrono::seconds;

struct Case {
  const char* reason;
  std::optional<std::uint32_t> retry_after;
  std::optional<seconds> again;
};

struct ResubscribeTest : testing::TestWithParam<Case> {};

TEST_P(ResubscribeTest, IsWhatTheReasonMeans) {
  EXPECT_EQ(resubscribe_after(GetParam().reason, GetParam().retry_after), GetParam().again);
}

INSTANTIATE_TEST_SUITE_P(Reasons, ResubscribeTest,
                         testing::Values(Case{"deactivated", {}, seconds(0)}, Case{"deactivated", 30U, seconds(0)},
                                         Case{"timeout", {}, seconds(0)}, Case{"Timeout", 30U, seconds(0)},
                                         Case{"probation", 30U, seconds(30)}, Case{"probation", {}, seconds(60)},
                                         Case{"giveup", 5U, seconds(5)}, Case{"giveup", {}, seconds(60)},
                                         Case{"giveup", 4294967295U, seconds(3600)}, Case{"rejected", 5U, {}},
                                         Case{"noresource", {}, {}}, Case{"invariant", 5U, {}},
                                         Case{"", 7U, seconds(7)}, Case{"other", {}, seconds(60)}));

}  // namespace
}  // namespace ringwall::sip::event
