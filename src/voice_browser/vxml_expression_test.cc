#include "voice_browser/vxml_expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/limits.h"

namespace ringwall::voice_browser {
namespace {

class Named : public Variables {
 public:
  const Value* find(std::string_view name) const override {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  }
  std::map<std::string, Value, std::less<>> values{
      {"choice", std::string("1")},
      {"count", 3.0},
      {"empty", std::string()},
      {"nothing", Undefined{}},
      {"yes", true},
      {"session.connection.remote.uri", std::string("sip:4711@carrier.ringwall.test")},
      {"key$.utterance", std::string("12")}};
};

std::string result_of(std::string_view text) {
  auto expression = Expression::parse(text);
  if (!expression) return "parse: " + expression.error().what;
  auto value = expression->evaluate(Named());
  return value ? to_string(*value) : "error: " + value.error().what;
}

TEST(Expression, Literals) {
  EXPECT_EQ(result_of("'a b'"), "a b");
  EXPECT_EQ(result_of("\"it\\'s\""), "it's");
  EXPECT_EQ(result_of("1.50"), "1.5");
  EXPECT_EQ(result_of("true"), "true");
  EXPECT_EQ(result_of("null"), "null");
  EXPECT_EQ(result_of("undefined"), "undefined");
}

TEST(Expression, PrecedenceAndGrouping) {
  EXPECT_EQ(result_of("1 + 2 * 3"), "7");
  EXPECT_EQ(result_of("(1 + 2) * 3"), "9");
  EXPECT_EQ(result_of("10 - 4 - 3"), "3");
  EXPECT_EQ(result_of("true || false && false"), "true");
  EXPECT_EQ(result_of("1 < 2 == true"), "true");
  EXPECT_EQ(result_of("-count + 1"), "-2");
  EXPECT_EQ(result_of("7 % 4"), "3");
}

TEST(Expression, EqualityConvertsAndIdentityDoesNot) {
  EXPECT_EQ(result_of("choice == 1"), "true");
  EXPECT_EQ(result_of("choice === 1"), "false");
  EXPECT_EQ(result_of("choice === '1'"), "true");
  EXPECT_EQ(result_of("null == undefined"), "true");
  EXPECT_EQ(result_of("null === undefined"), "false");
  EXPECT_EQ(result_of("'abc' == 0"), "false");
  EXPECT_EQ(result_of("yes != '1'"), "false");
}

TEST(Expression, StringsAndNumbersMeetAsInEcmaScript) {
  EXPECT_EQ(result_of("'1' + 2"), "12");
  EXPECT_EQ(result_of("'3' - 2"), "1");
  EXPECT_EQ(result_of("'b' > 'a'"), "true");
  EXPECT_EQ(result_of("'10' < 9"), "false");
  EXPECT_EQ(result_of("1 / 0"), "Infinity");
  EXPECT_EQ(result_of("Number('x')"), "NaN");
  EXPECT_EQ(result_of("Number(' 12 ')"), "12");
  EXPECT_EQ(result_of("Number('inf')"), "NaN");
  EXPECT_EQ(result_of("nothing + 1"), "NaN");
}

TEST(Expression, StringMethods) {
  EXPECT_EQ(result_of("choice.length"), "1");
  EXPECT_EQ(result_of("session.connection.remote.uri.substring(4, 8)"), "4711");
  EXPECT_EQ(result_of("session.connection.remote.uri.indexOf('@')"), "8");
  EXPECT_EQ(result_of("'abc'.charAt(1) + 'abc'.charAt(9)"), "b");
  EXPECT_EQ(result_of("'abc'.substring(1)"), "bc");
  EXPECT_EQ(result_of("'abc'.substring(9, -5)"), "abc");
  EXPECT_EQ(result_of("'aB'.toUpperCase() + 'aB'.toLowerCase()"), "ABab");
  EXPECT_EQ(result_of("key$.utterance"), "12");
}

TEST(Expression, ConditionsShortCircuit) {
  EXPECT_EQ(result_of("empty || 'default'"), "default");
  EXPECT_EQ(result_of("false && unknown"), "false");
  EXPECT_EQ(result_of("true ? 'a' : unknown"), "a");
  EXPECT_EQ(result_of("typeof unknown"), "undefined");
  EXPECT_EQ(result_of("typeof choice == 'string'"), "true");
}

TEST(Expression, UndeclaredVariableIsAnError) {
  EXPECT_EQ(result_of("unknown + 1"), "error: the variable 'unknown' is not declared");
}

TEST(Expression, WhatIsNotSupportedIsRefusedWhenParsed) {
  for (const char* text : {"",          "1 +",  "(1",  "'open",   "a = 1", "function(){}",    "while(1);",
                           "eval('1')", "a[0]", "1 2", "x.foo()", "a++",   "'\\u0041'",       "1e999",
                           "12ab",      "/x/",  "`x`", "{}",      "a;b",   "'a'.substring()", "Number(1,2)"}) {
    EXPECT_FALSE(Expression::parse(text)) << text;
  }
}

TEST(Expression, DepthLengthAndGrowthAreBounded) {
  EXPECT_FALSE(Expression::parse(std::string(5000, '1')));
  EXPECT_FALSE(Expression::parse(std::string(2000, '(') + "1" + std::string(2000, ')')));
  EXPECT_FALSE(Expression::parse(std::string(3000, '!') + "1"));
  std::string chain = "1";
  for (int i = 0; i < 200; ++i)
    chain += "+1";
  EXPECT_FALSE(Expression::parse(chain));
  Named variables;
  variables.values["long"] = std::string(limits::vxml_value_bytes, 'x');
  EXPECT_FALSE(Expression::parse("long + long")->evaluate(variables));
}

}  // namespace
}  // namespace ringwall::voice_browser
