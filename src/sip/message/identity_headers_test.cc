#include "sip/message/identity_headers.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

Message message(const std::string& headers) {
  auto out = Message::parse(
      "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS c;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
      "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n" +
      headers + "\r\n");
  if (!out) throw std::runtime_error(out.error().reason);
  return std::move(*out);
}

TEST(ParseSessionId, ReadsBothHalves) {
  const auto both = parse_session_id("ab30317f1a784dc48ff824d0d3715d86 ; remote=47755a9de7794ba387653f2099600ef2;x=y");
  ASSERT_TRUE(both) << both.error().text();
  EXPECT_EQ(both->local, "ab30317f1a784dc48ff824d0d3715d86");
  EXPECT_EQ(both->remote, "47755a9de7794ba387653f2099600ef2");
  EXPECT_EQ(print(*both), "ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2");
  EXPECT_EQ(parse_session_id("ab30317f1a784dc48ff824d0d3715d86")->remote, "") << "RFC 7329";
  EXPECT_EQ(parse_session_id(null_session_uuid)->local, null_session_uuid);
}

TEST(ParseSessionId, RefusesWhatIsNoUuid) {
  for (const char* bad : {"", "ab30", "AB30317F1A784DC48FF824D0D3715D86", "ab30317f1a784dc48ff824d0d3715d8g",
                          "ab30317f1a784dc48ff824d0d3715d86;remote", "ab30317f1a784dc48ff824d0d3715d86;remote=1",
                          "ab30317f-1a78-4dc4-8ff8-24d0d3715d86", "ab30317f1a784dc48ff824d0d3715d860"})
    EXPECT_FALSE(parse_session_id(bad)) << bad;
}

TEST(ParseReason, ReadsCauseAndText) {
  const auto reason = parse_reason("SIP ;cause=200 ;text=\"Call completed \\\"elsewhere\\\"\"");
  ASSERT_TRUE(reason) << reason.error().text();
  EXPECT_EQ(reason->protocol, "SIP");
  EXPECT_EQ(reason->cause, 200);
  EXPECT_EQ(unescape_quoted(reason->text), "Call completed \"elsewhere\"");
  EXPECT_EQ(parse_reason("Q.850;cause=16")->cause, 16);
  EXPECT_FALSE(parse_reason("preemption")->cause);
  for (const char* bad : {"", ";cause=1", "SIP;cause=x", "SIP;cause=1;cause=2", "SIP;cause=", "S IP"})
    EXPECT_FALSE(parse_reason(bad)) << bad;
}

TEST(ParseDiversion, ReadsTheExampleOfTheRfc) {
  const auto diversion =
      parse_diversion("\"Bob\" <sip:p2@isp.com;x=1> ; reason=user-busy;counter=2;limit=5;privacy=\"full\";screen=yes");
  ASSERT_TRUE(diversion) << diversion.error().text();
  EXPECT_EQ(diversion->diverter.uri.user, "p2");
  EXPECT_EQ(diversion->reason, "user-busy");
  EXPECT_EQ(diversion->counter, 2U);
  EXPECT_EQ(diversion->limit, 5U);
  EXPECT_EQ(diversion->privacy, "full");
  EXPECT_EQ(diversion->screen, "yes");
  EXPECT_FALSE(parse_diversion("<sip:p2@isp.com>")->counter);
  for (const char* bad : {"", "<sip:a@b>;counter=x", "<sip:a@b>;limit=-1", "<sip:a@b>;reason=a;reason=b", "p2"})
    EXPECT_FALSE(parse_diversion(bad)) << bad;
}

TEST(ParseHistoryEntry, ReadsIndexAndLink) {
  const auto entry = parse_history_entry("<sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302>;index=1.2.1;rc=1.2");
  ASSERT_TRUE(entry) << entry.error().text();
  EXPECT_EQ(entry->target.uri.user, "bob");
  EXPECT_EQ(entry->index, "1.2.1");
  EXPECT_EQ(entry->link, HistoryEntry::Link::recursed);
  EXPECT_EQ(entry->link_index, "1.2");
  EXPECT_EQ(parse_history_entry("<sip:a@b>;index=1")->link, HistoryEntry::Link::none);
  EXPECT_EQ(parse_history_entry("<sip:a@b>;index=1.1;mp=1")->link, HistoryEntry::Link::mapped);
  EXPECT_EQ(parse_history_entry("<sip:a@b>;index=1.1;np=1")->link, HistoryEntry::Link::not_changed);
  for (const char* bad : {"", "<sip:a@b>;index=1.", "<sip:a@b>;index=.1", "<sip:a@b>;index=1..2", "<sip:a@b>;index=a",
                          "<sip:a@b>;index=1;rc=x", "<sip:a@b>;index=1;index=2"})
    EXPECT_FALSE(parse_history_entry(bad)) << bad;
}

TEST(ParsePrivacy, ReadsWords) {
  const auto privacy = parse_privacy("id; critical ;User");
  ASSERT_TRUE(privacy);
  EXPECT_TRUE(privacy->id && privacy->critical && privacy->user && privacy->hides_identity());
  EXPECT_FALSE(privacy->none || privacy->header || privacy->session || privacy->history);
  EXPECT_TRUE(parse_privacy("none")->none);
  EXPECT_TRUE(parse_privacy("header,session,history")->history);
  for (const char* bad : {"", ";id", "id;", "i d", "id;;user", "\"id\""})
    EXPECT_FALSE(parse_privacy(bad)) << bad;
  EXPECT_TRUE(privacy_of(message("Privacy: id\r\n")).id);
  EXPECT_FALSE(privacy_of(message("")).id);
}

TEST(ParseAssertedIdentity, TakesOneOfEachKind) {
  const auto read = [](const std::string& headers) {
    const Message options = message(headers);
    const auto identity = parse_asserted_identity(options, HeaderName::p_asserted_identity);
    if (!identity) return identity.error().what;
    return std::string(identity->sip ? identity->sip->uri.text : "-") + " " +
           std::string(identity->tel ? identity->tel->uri.text : "-");
  };
  EXPECT_EQ(read("P-Asserted-Identity: \"Cullen\" <sip:fluffy@cisco.com>, tel:+14085264000\r\n"),
            "sip:fluffy@cisco.com tel:+14085264000");
  EXPECT_EQ(read("P-Asserted-Identity: tel:+14085264000\r\nP-Asserted-Identity: <sips:a@b>\r\n"),
            "sips:a@b tel:+14085264000");
  EXPECT_EQ(read(""), "- -");
  EXPECT_EQ(read("P-Asserted-Identity: <sip:a@b>, <sip:c@d>\r\n"), "there are two identities of one kind");
  EXPECT_EQ(read("P-Asserted-Identity: <http://a.test>\r\n"), "an identity is neither a SIP nor a tel URI");
  EXPECT_NE(read("P-Asserted-Identity: anonymous\r\n"), "- -");
}

}  // namespace
}  // namespace ringwall::sip
