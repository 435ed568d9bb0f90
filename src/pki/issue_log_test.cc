#include "pki/issue_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/test_certificates.h"
#include "pki/test_folder.h"

namespace ringwall::pki {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const crypto::Issuer& issuing() {
  static const auto ca = crypto::test::TestCa::make();
  return ca.issuing;
}

IssueEntry entry_for(const std::string& name) {
  IssueEntry entry;
  entry.time = crypto::test::start;
  entry.serial = "0123456789abcdef";
  entry.name = name;
  entry.use = "server";
  entry.not_after = crypto::test::start + std::chrono::days(90);
  entry.fingerprint = std::string(64, 'f');
  return entry;
}

class IssueLog : public testing::Test {
 protected:
  void append(const std::string& name) {
    auto entry = entry_for(name);
    const auto done = append_to_log(log_, entry, issuing());
    ASSERT_TRUE(done) << done.error().text();
  }
  IssueLogReport check(const std::string& text) { return check_log(text, {issuing().certificate}, "log.jsonl"); }
  IssueLogReport check() { return check(test::slurp(log_)); }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& entry : check().entries)
      out.push_back(entry.name);
    return out;
  }

  test::TestFolder folder_;
  std::filesystem::path log_ = folder_ / "log.jsonl";
};

TEST_F(IssueLog, LinesAreNumberedAndChained) {
  for (const auto* name : {"a.test", "b.test", "c.test"})
    append(name);
  const auto report = check();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.torn, "");
  EXPECT_EQ(explain_torn(report), "");
  ASSERT_THAT(report.entries, SizeIs(3));
  EXPECT_EQ(report.entries[0].previous, std::string(64, '0'));
  EXPECT_EQ(report.entries[2].number, 3u);
  const auto first = test::slurp(log_).substr(0, test::slurp(log_).find('\n'));
  EXPECT_EQ(report.entries[1].previous, digest_of_line(first));
  EXPECT_EQ(test::mode_of(log_), 0600);
}

TEST_F(IssueLog, AnEmptyLogIsWhole) {
  EXPECT_THAT(check("").findings, IsEmpty());
  EXPECT_THAT(check("").entries, IsEmpty());
}

TEST_F(IssueLog, EntriesAreReadBack) {
  auto entry = entry_for("a.test");
  entry.number = 7;
  entry.previous = no_previous_line();
  sign_entry(entry, issuing());
  EXPECT_TRUE(is_signed(entry, {issuing().certificate}));
  const auto again = parse_entry(print_entry(entry));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, entry);
}

TEST_F(IssueLog, EveryChangedByteIsFound) {
  append("a.test");
  const auto first = test::slurp(log_).size();
  append("b.test");
  const auto text = test::slurp(log_);
  // In the first line, and in the last, which no line follows. 0x20 exchanges small letters and capitals.
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const int flip : at < first ? std::vector{0x20} : std::vector{0x01, 0x20}) {
      auto changed = text;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto report = check(changed);
      ASSERT_FALSE(report.findings.empty() && report.torn.empty()) << "byte " << at << " flip " << flip;
    }
}

TEST_F(IssueLog, LinesTakenOutPutInOrExchangedAreFound) {
  for (const auto* name : {"a.test", "b.test", "c.test"})
    append(name);
  const auto text = test::slurp(log_);
  auto lines = split(text, '\n');
  const auto join = [&](std::vector<std::size_t> order) {
    std::string out;
    for (const auto i : order)
      out += std::string(lines[i]) + "\n";
    return out;
  };
  EXPECT_THAT(check(join({0, 1, 2})).findings, IsEmpty());
  for (const auto& order : std::vector<std::vector<std::size_t>>{{1, 2}, {0, 2}, {1, 0, 2}, {0, 0, 1, 2}, {0, 1, 1}}) {
    const auto report = check(join(order));
    ASSERT_FALSE(report.findings.empty());
    EXPECT_THAT(report.findings[0].text(), HasSubstr("log.jsonl:"));
    EXPECT_THAT(report.findings[0].what, HasSubstr("was changed"));
    EXPECT_THAT(report.findings[0].mend, HasSubstr("backup"));
  }
}

TEST_F(IssueLog, ALineByAnotherCaIsFound) {
  const auto other = crypto::test::TestCa::make("Other");
  auto entry = entry_for("evil.test");
  ASSERT_TRUE(append_to_log(log_, entry, other.issuing));
  ASSERT_THAT(check().findings, SizeIs(1));
  EXPECT_THAT(check().findings[0].what, HasSubstr("signature"));
}

TEST_F(IssueLog, ATornLineIsMendedWhereverItIsCutAndNothingIsLost) {
  for (const auto* name : {"a.test", "b.test"})
    append(name);
  const auto two = test::slurp(log_);
  append("torn.test");
  const auto three = test::slurp(log_);
  std::vector<std::size_t> sizes{two.size() + 1, three.size() - 2, three.size() - 1};
  for (std::size_t size = two.size() + 2; size < three.size(); size += 37)
    sizes.push_back(size);  // each costs disk syncs
  for (const std::size_t size : sizes) {
    test::spill(log_, three.substr(0, size));
    const auto before = check();
    ASSERT_THAT(before.findings, IsEmpty());
    ASSERT_THAT(explain_torn(before), HasSubstr("never handed out"));
    append("c.test");
    ASSERT_THAT(check().findings, IsEmpty()) << size;
    ASSERT_EQ(check().torn, "");
    const bool whole_but_for_its_end = size == three.size() - 1;
    ASSERT_EQ(names(), whole_but_for_its_end ? (std::vector<std::string>{"a.test", "b.test", "torn.test", "c.test"})
                                             : (std::vector<std::string>{"a.test", "b.test", "c.test"}));
  }
  EXPECT_THAT(test::slurp(folder_ / "log.torn"), HasSubstr("{\"number\":3"));
}

TEST_F(IssueLog, ATornFirstLineIsMended) {
  test::spill(log_, "{\"number\":1,\"prev");
  append("a.test");
  EXPECT_EQ(names(), std::vector<std::string>{"a.test"});
  EXPECT_THAT(check().findings, IsEmpty());
}

TEST_F(IssueLog, BlocksOfZerosAfterAPowerCutAreMended) {
  append("a.test");
  test::spill(log_, test::slurp(log_) + std::string(500, '\0'));
  append("b.test");
  EXPECT_EQ(names(), (std::vector<std::string>{"a.test", "b.test"}));
  EXPECT_THAT(check().findings, IsEmpty());
}

TEST_F(IssueLog, NothingIsAppendedToAChangedLastLine) {
  append("a.test");
  auto text = test::slurp(log_);
  text[text.find("a.test")] = ' ';
  text[0] = '[';
  test::spill(log_, text);
  auto entry = entry_for("b.test");
  const auto done = append_to_log(log_, entry, issuing());
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, HasSubstr("was changed"));
  EXPECT_EQ(test::slurp(log_), text);
}

TEST_F(IssueLog, AnEndlessLineIsRefused) {
  test::spill(log_, std::string(100'000, 'x'));
  auto entry = entry_for("b.test");
  EXPECT_FALSE(append_to_log(log_, entry, issuing()));
  test::spill(log_, std::string(100'000, 'x') + "\n");
  EXPECT_FALSE(append_to_log(log_, entry, issuing()));
}

TEST(IssueEntry, OtherSpellingsAreRefused) {
  auto entry = entry_for("a.test");
  entry.number = 1;
  entry.previous = no_previous_line();
  sign_entry(entry, issuing());
  const auto line = print_entry(entry);
  EXPECT_TRUE(parse_entry(line));
  for (const auto& other : {line + " ", " " + line, std::string("[]"), std::string("{}"), std::string(),
                            std::string(5000, '['), line.substr(0, line.size() - 1) + ",\"more\":1}"})
    EXPECT_FALSE(parse_entry(other)) << other.substr(0, 40);
}

}  // namespace
}  // namespace ringwall::pki
