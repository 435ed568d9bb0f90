#include <gmock/gmock.h>

#include "sip/event/dialog_info.h"
#include "sip/event/message_summary.h"
#include "sip/event/package.h"
#include "sip/event/presence.h"
#include "sip/event/reg_info.h"
#include "sip/event/sipfrag.h"

namespace ringwall::sip::event {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(PackageTest, EachHasOneBodyType) {
  ASSERT_EQ(packages().size(), 5U);
  EXPECT_EQ(find_package("dialog")->body_type, "application/dialog-info+xml");
  EXPECT_EQ(find_package("Dialog"), nullptr) << "RFC 6665 section 8.2.1: byte by byte";
  EXPECT_EQ(find_package(""), nullptr);
}

struct AcceptCase {
  const char* accept;
  bool taken;
};
TEST(PackageTest, AcceptDecidesWhetherAWatcherCanReadIt) {
  const Package& presence = *find_package("presence");
  for (const AcceptCase& accept : {AcceptCase{"", true},
                                   {"application/pidf+xml", true},
                                   {"text/plain, Application/PIDF+xml;q=0.5", true},
                                   {"application/*", true},
                                   {"*/*", true},
                                   {"text/*", false},
                                   {"application/cpim-pidf+xml", false},
                                   {"application/simple-message-summary", false}})
    EXPECT_EQ(accepts(presence, accept.accept), accept.taken) << accept.accept;
}

TEST(MessageSummaryTest, IsPrintedLineByLine) {
  MessageSummary summary{true, "sip:1001@example.test", {{.unheard = 2, .heard = 8, .urgent_heard = 2}}};
  EXPECT_EQ(print(summary),
            "Messages-Waiting: yes\r\nMessage-Account: sip:1001@example.test\r\nVoice-Message: 2/8 (0/2)\r\n");
  summary = {false, "a\r\nVoice-Message: 9/9", {}};
  EXPECT_EQ(print(summary), "Messages-Waiting: no\r\nMessage-Account: a  Voice-Message: 9/9\r\n");
}

TEST(MessageSummaryTest, IsReadBack) {
  const auto summary = parse_message_summary(
      "Messages-Waiting: yes\r\nMessage-Account: sip:a@b\r\nvoice-message: 4 / 8 ( 1 / 2 )\r\nFax-Message: 0/3\r\n"
      "\r\nTo: <a>\r\nFrom: <b>\r\n");
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->waiting);
  EXPECT_EQ(summary->account, "sip:a@b");
  ASSERT_EQ(summary->counts.size(), 2U);
  EXPECT_EQ(summary->counts[0].unheard, 4U);
  EXPECT_EQ(summary->counts[0].heard, 8U);
  EXPECT_EQ(summary->counts[0].urgent_unheard, 1U);
  EXPECT_EQ(summary->counts[0].urgent_heard, 2U);
  EXPECT_EQ(summary->counts[1].kind, "Fax-Message");
  EXPECT_EQ(summary->counts[1].heard, 3U);
}

TEST(MessageSummaryTest, AKindIsAToken) {
  using namespace std::string_view_literals;
  const auto summary = parse_message_summary("Messages-Waiting: yes\r\n\0\0-Message: 0/3\r\nFax-Message: 1/1\r\n"sv);
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->counts.size(), 1U);
  EXPECT_EQ(summary->counts[0].kind, "Fax-Message");
}

struct MessageSummaryRefusals : testing::TestWithParam<const char*> {};
TEST_P(MessageSummaryRefusals, AreErrors) {
  EXPECT_FALSE(parse_message_summary(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Bodies, MessageSummaryRefusals,
                         testing::Values("", "\r\n", "Voice-Message: 1/2\r\n", "Messages-Waiting: maybe\r\n",
                                         "Messages-Waiting: yes\r\nMessages-Waiting: no\r\n",
                                         "Messages-Waiting: yes\r\nVoice-Message: 1\r\n",
                                         "Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n",
                                         "Messages-Waiting: yes\r\nVoice-Message: 1/2 (3/4\r\n",
                                         "Messages-Waiting: yes\r\nVoice-Message: 1/99999999999\r\n",
                                         "Messages-Waiting: yes\r\nVoice-Message: 1/2 x\r\n"));

TEST(SipfragTest, IsAStatusLine) {
  EXPECT_EQ(print_sipfrag(180), "SIP/2.0 180 Ringing\r\n");
  EXPECT_EQ(print_sipfrag(486, "Busy\r\nX: y"), "SIP/2.0 486 Busy  X: y\r\n");
  EXPECT_EQ(sipfrag_status("SIP/2.0 200 OK\r\n"), 200);
  EXPECT_EQ(sipfrag_status("SIP/2.0 603"), 603);
  for (const char* wrong : {"", "SIP/2.0 ", "SIP/2.0 20", "SIP/2.0 99x", "SIP/2.0 999 X", "HTTP/1.1 200 OK"})
    EXPECT_EQ(sipfrag_status(wrong), 0) << wrong;
}

TEST(DialogInfoTest, ShowsWhatAWatcherNeedsForAPickup) {
  const DialogInfo info{3,
                        true,
                        "sip:1001@example.test",
                        {{.id = "7",
                          .state = DialogState::State::early,
                          .call_id = "c@h",
                          .local_tag = "l",
                          .remote_tag = "r",
                          .local_identity = "sip:1001@example.test",
                          .remote_identity = "sip:5550100@example.test?a=\"<b>&\""}}};
  EXPECT_EQ(print(info),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"3\" state=\"full\" "
            "entity=\"sip:1001@example.test\">\n"
            "  <dialog id=\"7\" call-id=\"c@h\" local-tag=\"l\" remote-tag=\"r\" direction=\"recipient\">\n"
            "    <state>early</state>\n"
            "    <local>\n      <identity>sip:1001@example.test</identity>\n    </local>\n"
            "    <remote>\n      <identity>sip:5550100@example.test?a=\"&lt;b&gt;&amp;\"</identity>\n    </remote>\n"
            "  </dialog>\n</dialog-info>\n");
}

TEST(DialogInfoTest, EndsSayWhy) {
  const std::string text = print(
      DialogInfo{0,
                 false,
                 "e",
                 {{.id = "1", .state = DialogState::State::terminated, .initiator = true, .ended_by = "replaced"}}});
  EXPECT_THAT(text, HasSubstr("state=\"partial\""));
  EXPECT_THAT(text, HasSubstr("<state event=\"replaced\">terminated</state>"));
  EXPECT_THAT(text, HasSubstr("direction=\"initiator\""));
  EXPECT_THAT(text, Not(HasSubstr("call-id")));
}

TEST(RegInfoTest, ListsTheBindings) {
  const std::string text = print(RegInfo{1,
                                         true,
                                         "sip:1001@example.test",
                                         "line-1001",
                                         true,
                                         false,
                                         {{.id = "1",
                                           .uri = "sip:x@10.0.0.1;transport=tls",
                                           .expires = std::chrono::seconds(99),
                                           .call_id = "c",
                                           .cseq = 2,
                                           .instance = "<urn:uuid:1>"}}});
  EXPECT_THAT(text, HasSubstr("<registration aor=\"sip:1001@example.test\" id=\"line-1001\" state=\"active\">"));
  EXPECT_THAT(text, HasSubstr("<contact id=\"1\" state=\"active\" event=\"registered\" expires=\"99\" callid=\"c\" "
                              "cseq=\"2\">"));
  EXPECT_THAT(text, HasSubstr("<uri>sip:x@10.0.0.1;transport=tls</uri>"));
  EXPECT_THAT(text, HasSubstr("<unknown-param name=\"+sip.instance\">&lt;urn:uuid:1&gt;</unknown-param>"));
  EXPECT_THAT(print(RegInfo{}), HasSubstr("state=\"init\""));
}

TEST(PresenceTest, IsReadAsItWasPrinted) {
  const Presence presence{"sip:1001@example.test",
                          {{"t1", true, "sip:1001@example.test", "at <the> desk"}, {"t2", false, "", ""}},
                          "here & now"};
  const auto read = parse_presence(print(presence));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entity, presence.entity);
  EXPECT_EQ(read->note, presence.note);
  ASSERT_EQ(read->tuples.size(), 2U);
  EXPECT_EQ(read->tuples[0].note, "at <the> desk");
  EXPECT_TRUE(read->tuples[0].open);
  EXPECT_FALSE(read->tuples[1].open);
  EXPECT_EQ(print(*read), print(presence));
}

TEST(PresenceTest, PrefixesAndExtensionsOfOthers) {
  const auto read = parse_presence(
      "<?xml version='1.0'?><p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' xmlns:d='urn:x' entity='pres:a@b'>"
      "<d:person id='p'><d:status><d:basic>open</d:basic></d:status></d:person>"
      "<p:tuple id='a'><p:status><d:x/><p:basic> closed </p:basic></p:status><p:contact priority='0.8'>sip:a@b"
      "</p:contact></p:tuple></p:presence>");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->tuples.size(), 1U);
  EXPECT_FALSE(read->tuples[0].open);
  EXPECT_EQ(read->tuples[0].contact, "sip:a@b");
}

std::string tuples(int count) {
  std::string out = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'>";
  for (int i = 0; i < count; ++i)
    out += fmt::format("<tuple id='{}'><status><basic>open</basic></status></tuple>", i);
  return out + "</presence>";
}
std::string nested(int depth) {
  std::string out = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'>";
  for (int i = 0; i < depth; ++i)
    out += "<x>";
  for (int i = 0; i < depth; ++i)
    out += "</x>";
  return out + "</presence>";
}

TEST(PresenceTest, Limits) {
  EXPECT_TRUE(parse_presence(tuples(32)));
  EXPECT_FALSE(parse_presence(tuples(33)));
  EXPECT_TRUE(parse_presence(nested(12)));
  EXPECT_FALSE(parse_presence(nested(40)));
  EXPECT_FALSE(parse_presence(std::string(70'000, ' ')));
}

struct PresenceRefusals : testing::TestWithParam<const char*> {};
TEST_P(PresenceRefusals, AreErrors) {
  EXPECT_FALSE(parse_presence(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Documents, PresenceRefusals,
    testing::Values("", "x", "<presence", "<presence entity='a'/>", "<presence xmlns='urn:other' entity='a'/>",
                    "<presence xmlns='urn:ietf:params:xml:ns:pidf'/>",
                    "<!DOCTYPE presence [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
                    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'><note>&e;</note></presence>",
                    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'><tuple id='t'/></presence>",
                    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'><tuple id=''><status><basic>open</basic>"
                    "</status></tuple></presence>",
                    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'><tuple id='t'><status><basic>busy"
                    "</basic></status></tuple></presence>"));

}  // namespace
}  // namespace ringwall::sip::event
