#include "voice_browser/vxml_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/limits.h"

namespace ringwall::voice_browser {
namespace {

using testing::HasSubstr;

std::string page(std::string_view body) {
  return "<?xml version='1.0'?>\n<vxml version='2.1' xmlns='http://www.w3.org/2001/vxml' xml:lang='en'>\n" +
         std::string(body) + "\n</vxml>";
}

/// What loading says, or "" if the page is good.
std::string trouble(const std::string& xml) {
  auto loaded = parse_document(xml, "p.vxml");
  if (loaded) return "";
  EXPECT_FALSE(loaded.error().mend.empty()) << loaded.error().text();
  return loaded.error().text();
}

TEST(Document, ThePagesOfTheSampleSiteAreGood) {
  for (const char* name : {"welcome.vxml", "queue.vxml"}) {
    auto loaded = load_document(RINGWALL_SOURCE_DIR "/site/vxml", name);
    EXPECT_TRUE(loaded) << loaded.error().text();
  }
}

TEST(Document, ReadsFormsItemsAndProperties) {
  auto loaded =
      parse_document(page(R"(<property name="timeout" value="1.5s"/><form id="a"><field name="f" type="digits?length=1">
      <property name="termchar" value=""/><prompt bargein="false" count="2"><audio src="x.wav"><audio src="y.wav"/>text</audio>
      <break time="20ms"/></prompt></field></form>)"),
                     "p.vxml");
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ((*loaded)->properties.timeout, milliseconds(1500));
  const Form* form = (*loaded)->form("a");
  ASSERT_NE(form, nullptr);
  const Field& field = std::get<Field>(form->items.at(0).kind);
  EXPECT_EQ(field.properties.term_char, "");
  const Prompt& prompt = field.prompts.at(0);
  EXPECT_EQ(prompt.bargein, false);
  EXPECT_EQ(prompt.count, 2U);
  EXPECT_EQ(prompt.audio.at(0).source, "x.wav");
  EXPECT_EQ(prompt.audio.at(0).fallback.at(0).source, "y.wav");
  EXPECT_EQ(prompt.audio.at(1).silence, milliseconds(20));
}

TEST(Document, TroubleNamesTheLineAndTheMend) {
  EXPECT_EQ(trouble(page("<form>\n<block>\n<submit next='x'/></block></form>")),
            "p.vxml:5: <submit> is not supported inside <block> (remove it, or move it to where VoiceXML 2.1 has it; "
            "see docs for "
            "the supported elements)");
  EXPECT_THAT(trouble(page("<form><block><goto next='#b'/></block></form>")),
              HasSubstr("p.vxml:3: there is no form 'b'"));
  EXPECT_THAT(trouble("<vxml version='2.1'>\n<form>\n</vxml>"), HasSubstr("p.vxml:3: this is no well-formed XML"));
}

struct BadPage {
  const char* body;
  const char* says;
};

class BadPages : public testing::TestWithParam<BadPage> {};

TEST_P(BadPages, AreRefused) {
  EXPECT_THAT(trouble(page(GetParam().body)), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Document, BadPages,
    testing::Values(
        BadPage{"", "no <form>"}, BadPage{"<menu/>", "<menu> is not supported inside <vxml>"},
        BadPage{"<form id='a'/><form id='a'/>", "two forms"},
        BadPage{"<form><block>Hello</block></form>", "would have to be spoken"},
        BadPage{"<form><block><prompt>Hello</prompt></block></form>", "would have to be spoken"},
        BadPage{"<form><block><script>while(1);</script></block></form>", "<script> is not supported"},
        BadPage{"<form><field name='f'/></form>", "accepts no key"},
        BadPage{"<form><field name='1f' type='digits'/></form>", "no usable name"},
        BadPage{"<form><field name='f' type='digits'/><block name='f'/></form>", "two items"},
        BadPage{"<form><field name='f' type='time'/></form>", "not supported"},
        BadPage{"<form><field name='f'><grammar>x</grammar></field></form>", "only keys"},
        BadPage{"<form><field name='f'><grammar src='http://x/y.grxml'/></field></form>", "fetched"},
        BadPage{"<form><field name='f'><grammar mode='dtmf' root='x'><rule id='r'>1</rule></grammar></field></form>",
                "no rule 'x'"},
        BadPage{"<form><field name='f'><grammar mode='dtmf'><rule id='r'>one</rule></grammar></field></form>",
                "is no key"},
        BadPage{"<form><field name='f'><grammar mode='dtmf'><rule id='r'><ruleref "
                "uri='#r'/></rule></grammar></field></form>",
                "contains itself"},
        BadPage{"<form><field name='f'><grammar mode='dtmf'><rule id='r'><item repeat='64'><item repeat='64'><item "
                "repeat='64'>1"
                "</item></item></item></rule></grammar></field></form>",
                "states"},
        BadPage{"<form><field name='f'><grammar mode='dtmf'><rule id='r'><item "
                "repeat='9-2'>1</item></rule></grammar></field></form>",
                "not understood"},
        BadPage{"<form><field name='f'><grammar mode='dtmf'><rule id='r'><one-of/></rule></grammar></field></form>",
                "without <item>"},
        BadPage{"<form><field name='f'><option dtmf='x'/></field></form>", "no key"},
        BadPage{"<form><block><audio src='../../etc/passwd'/></block></form>", "prompts folder"},
        BadPage{"<form><block><audio src='http://x/a.wav'/></block></form>", "prompts folder"},
        BadPage{"<form><block><audio/></block></form>", "'src' or 'expr'"},
        BadPage{"<form><block><goto/></block></form>", "exactly one"},
        BadPage{"<form><block><goto next='#a' nextitem='b'/></block></form>", "exactly one"},
        BadPage{"<form><block><if/></block></form>", "needs the attribute 'cond'"},
        BadPage{"<form><block><if cond='1'><else/><else/></if></block></form>", "after <else>"},
        BadPage{"<form><block><assign name='a' expr='b ='/></block></form>", "expression 'b ='"},
        BadPage{"<form><block><var name='a.b c'/></block></form>", "no usable name"},
        BadPage{"<form><block cond='1' colour='red'/></form>", "attribute 'colour'"},
        BadPage{"<form><noinput count='0'/></form>", "no number from 1"},
        BadPage{"<form><filled mode='some'/></form>", "the mode 'some'"},
        BadPage{"<property name='timeout' value='5'/><form/>", "is no time"},
        BadPage{"<property name='timeout' value='9999999s'/><form/>", "is no time"},
        BadPage{"<property name='bargein' value='maybe'/><form/>", "neither true nor false"},
        BadPage{"<property name='termchar' value='xx'/><form/>", "is no key"},
        BadPage{"<property name='colour' value='red'/><form/>", "is unknown"}));

TEST(Document, OtherMakersPropertiesAreIgnored) {
  EXPECT_EQ(
      trouble(page("<property name='com.example.x' value='1'/><property name='inputmodes' value='dtmf'/><form/>")), "");
}

TEST(Document, WhatIsNoPageIsRefused) {
  EXPECT_THAT(trouble(""), HasSubstr("well-formed"));
  EXPECT_THAT(trouble("<html/>"), HasSubstr("not <vxml>"));
  EXPECT_THAT(trouble("<vxml version='3.0'/>"), HasSubstr("version '3.0'"));
  EXPECT_THAT(trouble(std::string(limits::vxml_document_bytes + 1, ' ')), HasSubstr("the limit is"));
}

TEST(Document, EntitiesAreNotExpandedAndNothingIsFetched) {
  const std::string bomb =
      "<!DOCTYPE v [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
      "<vxml version='2.1'><form><block><log>&x;&b;</log></block></form></vxml>";
  auto loaded = parse_document(bomb, "p.vxml");
  ASSERT_TRUE(loaded) << loaded.error().text();
  const auto& block = std::get<Block>((*loaded)->forms[0].items[0].kind);
  EXPECT_EQ(std::get<std::string>(std::get<Log>(block.content[0].action).parts[0]), "&x;&b; ");
}

TEST(Document, DepthAndNumberOfElementsAreBounded) {
  std::string deep, open;
  for (int i = 0; i < 5000; ++i)
    open += "<if cond='1'>";
  for (int i = 0; i < 5000; ++i)
    deep += "</if>";
  EXPECT_THAT(trouble(page("<form><block>" + open + deep + "</block></form>")), HasSubstr("deeper than"));
  std::string wide;
  for (int i = 0; i < 10'001; ++i)
    wide += "<form/>";
  EXPECT_THAT(trouble(page(wide)), HasSubstr("more than 10000 elements"));
}

TEST(Document, LoadingStaysInItsFolder) {
  for (const char* name : {"../secret.vxml", "/etc/passwd", "http://x/a.vxml", "", "#form", "a\\..\\b"}) {
    EXPECT_FALSE(load_document(RINGWALL_SOURCE_DIR "/site/vxml", name)) << name;
  }
  EXPECT_TRUE(load_document(RINGWALL_SOURCE_DIR "/site/vxml", "queue.vxml#music"));
  EXPECT_THAT(load_document(RINGWALL_SOURCE_DIR "/site/vxml", "none.vxml").error().text(),
              HasSubstr("no such VoiceXML page"));
}

}  // namespace
}  // namespace ringwall::voice_browser
