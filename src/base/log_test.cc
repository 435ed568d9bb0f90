#include "base/log.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/secret.h"

namespace ringwall {
namespace {

TEST(Log, EscapesWhatCouldBreakTheLine) {
  std::vector<log::Record> seen;
  log::set_sink([&](const log::Record& record) { seen.push_back(record); });
  log::info("edge", "call from {}", "mallory\r\n2026 error [edge] forged\x1b[2J");
  log::set_sink(nullptr);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text, "call from mallory\\x0d\\x0a2026 error [edge] forged\\x1b[2J");
}

static_assert(!fmt::is_formattable<Secret>::value, "a secret must not be printable");
static_assert(!fmt::is_formattable<Redacted<std::string>>::value, "personal data must not be printable");

}  // namespace
}  // namespace ringwall
