#include "sip/event/publication.h"

#include <gmock/gmock.h>

namespace ringwall::sip::event {
namespace {

using namespace std::chrono_literals;

const std::string open_document = print(Presence{"sip:1001@example.test", {{"t", true, "", ""}}, ""});
const std::string closed_document = print(Presence{"sip:1001@example.test", {{"t", false, "", ""}}, ""});

struct PublicationTest : testing::Test {
  std::uint64_t next = 0;
  Publications publications{[this] { return ++next; }, {.per_entity = 2}};
  Time now{1000s};
  int cseq = 0;

  Publications::Outcome publish(const std::string& body, const std::string& headers = {},
                                std::string type = "application/pidf+xml") {
    const std::string text = fmt::format(
        "PUBLISH sip:1001@example.test SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: {} PUBLISH\r\nEvent: presence\r\n{}{}Content-Length: {}\r\n\r\n{}",
        ++cseq, headers, body.empty() ? "" : "Content-Type: " + type + "\r\n", body.size(), body);
    const auto message = Message::parse(text);
    EXPECT_TRUE(message.has_value());
    return publications.publish(*message, "1001", now);
  }
  static std::string header(const Publications::Outcome& outcome, std::string_view name) {
    for (const auto& [held, value] : outcome.headers)
      if (held == name) return value;
    return {};
  }
  [[nodiscard]] bool is_open() const {
    const auto held = publications.of("1001");
    return !held.empty() && held.front()->tuples.front().open;
  }
};

TEST_F(PublicationTest, LivesFromTagToTag) {
  const auto first = publish(open_document, "Expires: 100\r\n");
  EXPECT_EQ(first.status, 200);
  EXPECT_TRUE(first.changed);
  EXPECT_EQ(header(first, "Expires"), "100");
  EXPECT_TRUE(is_open());
  const auto refreshed = publish("", "Expires: 200\r\nSIP-If-Match: " + header(first, "SIP-ETag") + "\r\n");
  EXPECT_EQ(refreshed.status, 200);
  EXPECT_FALSE(refreshed.changed);
  EXPECT_NE(header(refreshed, "SIP-ETag"), header(first, "SIP-ETag"));
  EXPECT_EQ(publish(closed_document, "SIP-If-Match: " + header(first, "SIP-ETag") + "\r\n").status, 412);
  const auto changed = publish(closed_document, "SIP-If-Match: " + header(refreshed, "SIP-ETag") + "\r\n");
  EXPECT_TRUE(changed.changed);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(publications.size(), 1U);
  EXPECT_EQ(publish("", "Expires: 0\r\nSIP-If-Match: " + header(changed, "SIP-ETag") + "\r\n").status, 200);
  EXPECT_EQ(publications.size(), 0U);
  EXPECT_TRUE(publications.of("1001").empty());
}

TEST_F(PublicationTest, EndsWithItsTime) {
  publish(open_document, "Expires: 60\r\n");
  publish(closed_document, "Expires: 120\r\n");
  EXPECT_EQ(publications.next_timer(), now + 60s);
  EXPECT_TRUE(publications.expire(now + 59s).empty());
  EXPECT_THAT(publications.expire(now + 60s), testing::ElementsAre("1001"));
  EXPECT_EQ(publications.size(), 1U);
  EXPECT_THAT(publications.expire(now + 120s), testing::ElementsAre("1001"));
  EXPECT_EQ(publications.next_timer(), std::nullopt);
}

TEST_F(PublicationTest, Refusals) {
  EXPECT_EQ(publish("").status, 400);
  EXPECT_EQ(publish("<x/>").status, 400);
  EXPECT_EQ(publish(open_document, "", "text/plain").status, 415);
  EXPECT_EQ(publish(open_document, "Expires: 59\r\n").status, 423);
  EXPECT_EQ(publish(open_document, "SIP-If-Match: other\r\n").status, 412);
  EXPECT_EQ(publications.size(), 0U);
  EXPECT_EQ(publish(open_document).status, 200);
  EXPECT_EQ(publish(open_document).status, 200);
  EXPECT_EQ(publish(open_document).status, 503) << "a third for the same line";
}

}  // namespace
}  // namespace ringwall::sip::event
