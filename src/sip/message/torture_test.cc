// Every message of RFC 4475 and RFC 5118 against the table that the end-to-end tests read too.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.h"
#include "sip/message/message.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view folder = RINGWALL_SOURCE_DIR "/test/conformance/";

std::string load(const std::string& name) {
  std::ifstream file(std::string(folder) + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Torture, IsReadAsTheTableSays) {
  std::istringstream table(load("outcomes.csv"));
  std::string line;
  int messages = 0;
  while (std::getline(table, line)) {
    if (line.starts_with('#') || line.starts_with("message,")) continue;
    const auto fields = split(line, ',');
    ASSERT_EQ(fields.size(), 5U) << line;
    const auto message = Message::parse(load(std::string(fields[0]) + ".dat"));
    EXPECT_EQ(message ? "accept" : "refuse", fields[2]) << line;
    // A response is discarded; a request that is refused gets the code that stands in the table.
    ++messages;
    if (message) continue;
    const std::string code = message.error().answerable ? std::to_string(message.error().status) : "none";
    EXPECT_THAT(split(fields[3], '|'), testing::Contains(code)) << line;
  }
  EXPECT_EQ(messages, 61);
}

}  // namespace
}  // namespace ringwall::sip
