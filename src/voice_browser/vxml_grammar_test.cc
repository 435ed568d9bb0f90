#include "voice_browser/vxml_grammar.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "voice_browser/vxml_document.h"

namespace ringwall::voice_browser {
namespace {

/// "match", "partial" (a match only with more), "more" (a match that may go on) or "no".
std::string verdict(const DtmfGrammar& grammar, std::string_view keys) {
  DtmfMatch match(grammar);
  for (const char key : keys)
    match.digit(key);
  if (match.failed()) return "no";
  if (match.accepted()) return match.can_go_on() ? "more" : "match";
  return "partial";
}

DtmfGrammar builtin(std::string_view type) {
  DtmfGrammar grammar;
  EXPECT_TRUE(add_builtin(grammar, type)) << type;
  return grammar;
}

/// The grammar of a page's only field.
DtmfGrammar srgs(const std::string& rules) {
  auto page = parse_document("<vxml version='2.1'><form><field name='f'><grammar mode='dtmf' root='r'>" + rules +
                                 "</grammar></field></form></vxml>",
                             "test.vxml");
  EXPECT_TRUE(page) << page.error().text();
  return page ? std::get<Field>((*page)->forms[0].items[0].kind).grammar : DtmfGrammar();
}

TEST(Grammar, BuiltinDigitsOfALength) {
  const DtmfGrammar grammar = builtin("digits?length=2");
  EXPECT_EQ(verdict(grammar, ""), "partial");
  EXPECT_EQ(verdict(grammar, "1"), "partial");
  EXPECT_EQ(verdict(grammar, "12"), "match");
  EXPECT_EQ(verdict(grammar, "123"), "no");
  EXPECT_EQ(verdict(grammar, "1*"), "no");
}

TEST(Grammar, BuiltinDigitsBetweenLengths) {
  const DtmfGrammar grammar = builtin("digits?minlength=2;maxlength=3");
  EXPECT_EQ(verdict(grammar, "1"), "partial");
  EXPECT_EQ(verdict(grammar, "12"), "more");
  EXPECT_EQ(verdict(grammar, "123"), "match");
}

TEST(Grammar, BuiltinBooleanNamesItsKeys) {
  const DtmfGrammar grammar = builtin("boolean?y=7;n=9");
  DtmfMatch match(grammar);
  match.digit('7');
  EXPECT_EQ(match.value(), "true");
  EXPECT_EQ(verdict(grammar, "9"), "match");
  EXPECT_EQ(verdict(grammar, "1"), "no");
}

TEST(Grammar, BuiltinWithNonsenseIsRefused) {
  DtmfGrammar grammar;
  for (const char* type : {"date", "digits?length=0", "digits?length=65", "digits?length=x",
                           "digits?minlength=4;maxlength=2", "digits?y="}) {
    EXPECT_FALSE(add_builtin(grammar, type)) << type;
  }
}

TEST(Grammar, AlternativesSequencesAndReferences) {
  const DtmfGrammar grammar = srgs(
      "<rule id='r'><one-of><item>1 2</item><item>#</item><item><ruleref uri='#d'/>*</item></one-of></rule>"
      "<rule id='d'><one-of><item>7</item><item>8</item></one-of></rule>");
  EXPECT_EQ(verdict(grammar, "12"), "match");
  EXPECT_EQ(verdict(grammar, "1"), "partial");
  EXPECT_EQ(verdict(grammar, "#"), "match");
  EXPECT_EQ(verdict(grammar, "8*"), "match");
  EXPECT_EQ(verdict(grammar, "9*"), "no");
  EXPECT_TRUE(grammar.has_token('#'));
  EXPECT_FALSE(grammar.has_token('A'));
}

TEST(Grammar, Repeats) {
  EXPECT_EQ(verdict(srgs("<rule id='r'><item repeat='3'>5</item></rule>"), "555"), "match");
  EXPECT_EQ(verdict(srgs("<rule id='r'><item repeat='0-1'>5</item>6</rule>"), "6"), "match");
  EXPECT_EQ(verdict(srgs("<rule id='r'><item repeat='1-'>5</item></rule>"), "5555"), "more");
  EXPECT_EQ(verdict(srgs("<rule id='r'><item repeat='2-3'><ruleref uri='#d'/></item></rule>"
                         "<rule id='d'><one-of><item>1</item><item>2</item></one-of></rule>"),
                    "12"),
            "more");
}

}  // namespace
}  // namespace ringwall::voice_browser
