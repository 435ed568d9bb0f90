#include "sip/message/message.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string options_text =
    "OPTIONS sip:edge.ringwall.test SIP/2.0\r\n"
    "Via: SIP/2.0/TLS carrier.ringwall.test;branch=z9hG4bKa1\r\n"
    "From: <sip:a@carrier.ringwall.test>;tag=1\r\n"
    "To: <sip:edge.ringwall.test>\r\n"
    "Call-ID: c1@carrier\r\n"
    "CSeq: 7 OPTIONS\r\n";

std::string with(std::string_view extra, std::string_view body = {}) {
  return options_text + std::string(extra) + "\r\n" + std::string(body);
}
std::string without(std::string_view line_start) {
  std::string text = with("");
  const auto at = text.find(line_start);
  return text.erase(at, text.find("\r\n", at) + 2 - at);
}
std::string refusal(const std::string& text) {
  const auto message = Message::parse(text);
  return message ? "accepted" : fmt::format("{} {}", message.error().status, message.error().reason);
}
Message accepted(const std::string& text) {
  auto message = Message::parse(text);
  if (!message) throw std::runtime_error(message.error().reason);
  return std::move(*message);
}

TEST(Message, GivesTheMandatoryHeaders) {
  const Message message =
      accepted(with("Max-Forwards: 70\r\nContent-Type: text/plain ; charset=utf-8\r\nContent-Length: 5\r\n", "hello"));
  EXPECT_TRUE(message.is_request());
  EXPECT_EQ(message.method(), Method::options);
  EXPECT_EQ(message.request_uri().host, "edge.ringwall.test");
  EXPECT_EQ(message.top_via().transport, "TLS");
  EXPECT_EQ(message.top_via().branch, "z9hG4bKa1");
  EXPECT_EQ(message.from().tag, "1");
  EXPECT_EQ(message.to().tag, "");
  EXPECT_EQ(message.call_id(), "c1@carrier");
  EXPECT_EQ(message.cseq().number, 7U);
  EXPECT_EQ(message.max_forwards(), 70U);
  EXPECT_EQ(message.content_type(), "text/plain");
  EXPECT_EQ(message.body(), "hello");
  EXPECT_FALSE(message.expires());
  EXPECT_FALSE(message.contact());
}

TEST(Message, SurvivesAMove) {
  Message first = accepted(with(""));
  const std::string_view call_id = first.call_id();
  const Message second = std::move(first);
  EXPECT_EQ(second.call_id(), "c1@carrier");
  EXPECT_EQ(second.call_id().data(), call_id.data()) << "views stay valid";
}

TEST(Message, ReadsResponses) {
  const Message message =
      accepted("SIP/2.0 488 Not Acceptable Here\r\n" + options_text.substr(options_text.find("Via")) + "\r\n");
  EXPECT_TRUE(message.is_response());
  EXPECT_EQ(message.status(), 488);
  EXPECT_EQ(message.reason_phrase(), "Not Acceptable Here");
  EXPECT_EQ(message.method(), Method::options);
}

TEST(Message, NamesTheMissingHeader) {
  EXPECT_EQ(refusal(without("Via")), "400 Via: the header is missing");
  EXPECT_EQ(refusal(without("From")), "400 From: the header is missing");
  EXPECT_EQ(refusal(without("To")), "400 To: the header is missing");
  EXPECT_EQ(refusal(without("Call-ID")), "400 Call-ID: the header is missing");
  EXPECT_EQ(refusal(without("CSeq")), "400 CSeq: the header is missing");
}

TEST(Message, RefusesWhatIsGivenTwice) {
  EXPECT_EQ(refusal(with("cseq: 7 OPTIONS\r\n")), "400 CSeq: the header is given twice");
  EXPECT_EQ(refusal(with("t: <sip:b@c>\r\n")), "400 To: the header is given twice");
  EXPECT_EQ(refusal(with("l: 0\r\nContent-Length: 0\r\n")), "400 Content-Length: the header is given twice");
}

TEST(Message, RefusesBadNumbers) {
  EXPECT_THAT(refusal(with("Max-Forwards: 256\r\n")), HasSubstr("400 Max-Forwards"));
  EXPECT_THAT(refusal(with("Max-Forwards: -1\r\n")), HasSubstr("400 Max-Forwards"));
  EXPECT_THAT(refusal(with("Expires: soon\r\n")), HasSubstr("400 Expires"));
  EXPECT_EQ(accepted(with("Expires: 99999999999999999999\r\n")).expires(), 0xffff'ffffU);
  EXPECT_THAT(refusal(with("Content-Length: 1\r\n")), HasSubstr("400 Content-Length"));
  EXPECT_THAT(refusal(with("Content-Length: 18446744073709551616\r\n")), HasSubstr("400 Content-Length"));
  EXPECT_THAT(refusal(with("Content-Length: 18446744073709551615\r\n")), HasSubstr("400 Content-Length"));
}

TEST(Message, HoldsCSeqBelowTwoToThe31) {
  auto text = [](std::string_view cseq) {
    std::string out = without("CSeq");
    return out.insert(out.size() - 2, "CSeq: " + std::string(cseq) + "\r\n");
  };
  EXPECT_EQ(accepted(text("2147483647 OPTIONS")).cseq().number, 2147483647U);
  for (const char* bad : {"2147483648 OPTIONS", "4294967296 OPTIONS", "OPTIONS", "7", "7OPTIONS", "7 options",
                          "7 INVITE", "-7 OPTIONS", "7 OPTIONS x", "7 OPTI\"ONS"})
    EXPECT_THAT(refusal(text(bad)), HasSubstr("400 CSeq")) << bad;
}

TEST(Message, TakesACallIdThatStaysOneWord) {
  auto text = [](std::string_view call_id) {
    std::string out = without("Call-ID");
    return out.insert(out.size() - 2, "Call-ID: " + std::string(call_id) + "\r\n");
  };
  EXPECT_EQ(accepted(text("a@[::1]")).call_id(), "a@[::1]");
  EXPECT_THAT(refusal(text("a b")), HasSubstr("400 Call-ID"));
  EXPECT_THAT(refusal(text(std::string_view("a\0b", 3))), HasSubstr("400 Call-ID"));
}

TEST(Message, CutsADatagramAtContentLength) {
  const Message message = accepted(with("Content-Type: a/b\r\nContent-Length: 2\r\n", "hello"));
  EXPECT_EQ(message.body(), "he");
  EXPECT_TRUE(message.bytes().ends_with("\r\n\r\nhe"));
}

TEST(Message, TakesTheWholeDatagramWithoutContentLength) {
  EXPECT_EQ(accepted(with("", "hello")).body(), "hello");
}

TEST(Message, SkipsEmptyLinesInFront) {
  EXPECT_TRUE(Message::parse("\r\n\r\n" + with("")));
}

TEST(Message, UnfoldsLines) {
  const Message message = accepted(with("Subject: one\r\n\ttwo\r\n  three\r\nServer: x\r\n"));
  EXPECT_EQ(message.header("subject"), "one  \ttwo    three");
  EXPECT_EQ(message.header(HeaderName::server), "x");
}

TEST(Message, RefusesBareLineEnds) {
  EXPECT_THAT(refusal(with("Subject: a\nServer: b\r\n")), HasSubstr("CRLF"));
  EXPECT_THAT(refusal(with("Subject: a\rServer: b\r\n")), HasSubstr("CRLF"));
  EXPECT_THAT(refusal(options_text), HasSubstr("empty line"));
  EXPECT_THAT(refusal(""), HasSubstr("empty line"));
  EXPECT_THAT(refusal(with(" folded: start\r\n").replace(options_text.find("Via"), 3, " Via")), HasSubstr("400"));
}

// RFC 3261 section 25.1: TEXT-UTF8char has no control characters, quoted-pair has all but CR and LF.
TEST(Message, TakesANulInAQuotedPairAlone) {
  using namespace std::string_literals;
  for (const auto& [line, name] : {std::pair{"Subject: a\0b"s, "Subject"s},
                                   {"s: \0"s, "s"s},
                                   {"X-Own: \\\0"s, "X-Own"s},
                                   {"Contact: \"a\0b\" <sip:a@b>"s, "Contact"s},
                                   {"Contact: \"a\\\\\0\" <sip:a@b>"s, "Contact"s},
                                   {"Contact: \"a\" <sip:a@b>;x=\\\0"s, "Contact"s},
                                   {"Server: a (b\0)"s, "Server"s},
                                   {"Server: (a) \\\0"s, "Server"s},
                                   {"Subject: a\r\n \0"s, "Subject"s}})
    EXPECT_EQ(refusal(with(line + "\r\n")), "400 " + name + ": it holds a NUL that is not quoted") << line;
  for (const auto& line :
       {"Contact: \"a\\\0b\" <sip:a@b>"s, "Contact: \"\\\"\\\0\" <sip:a@b>"s, "Server: a (b \\\0 (\\\0))"s})
    EXPECT_EQ(refusal(with(line + "\r\n")), "accepted") << line;
  EXPECT_EQ(accepted(with("Content-Length: 3\r\n", "a\0b"s)).body(), "a\0b"s);
  EXPECT_EQ(refusal("SIP/2.0 200 O\0K\r\n"s), "400 The header section does not end with an empty line");
  std::string text = with("");
  EXPECT_EQ(refusal(text.replace(text.find("edge"), 1, "\0"s)), "400 The start line holds a NUL");
}

TEST(Message, RefusesLinesThatAreNoHeaders) {
  for (const char* bad : {"Subject\r\n", ": x\r\n", "Sub ject: x\r\n", "Sub\"ject: x\r\n"})
    EXPECT_THAT(refusal(with(bad)), HasSubstr("400 A header line")) << bad;
}

TEST(Message, KeepsItsLimits) {
  std::string many;
  for (std::size_t i = 5; i < limits::sip_header_count; ++i)
    many += "Y: y\r\n";
  EXPECT_EQ(accepted(with(many)).headers().size(), limits::sip_header_count);
  EXPECT_THAT(refusal(with(many + "Y: y\r\n")), HasSubstr("400 More than 256"));
  const auto status = [](const std::string& text) {
    const auto refused = Message::parse(text);
    return refused || !refused.error().answerable ? 0 : refused.error().status;
  };
  EXPECT_EQ(status(with("", std::string(limits::sip_message_bytes, 'x'))), 413);
  EXPECT_EQ(status(with("Subject: " + std::string(limits::sip_message_bytes, 'x') + "\r\n")), 513);
  std::string parameters;
  for (std::size_t i = 0; i <= limits::sip_parameter_count; ++i)
    parameters += ";x" + std::to_string(i);
  EXPECT_EQ(refusal(with("Contact: <sip:a@b>" + parameters + "\r\n")),
            "400 Contact: there are more than 64 parameters");
  std::string contacts = "<sip:a@b>";
  for (std::size_t i = 1; i < limits::sip_values_per_header; ++i)
    contacts += ",<sip:a@b>";
  EXPECT_EQ(accepted(with("Contact: " + contacts + "\r\n")).values(HeaderName::contact).size(),
            limits::sip_values_per_header);
  EXPECT_EQ(refusal(with("Contact: " + contacts + "\r\nContact: <sip:a@b>\r\n")),
            "400 Contact: there are more than 256 values");
}

TEST(Message, ListsValues) {
  const Message message =
      accepted(with("Supported: path, gruu,\r\nk: outbound\r\nContact: \"a, b\" <sip:a,b@c;x=1>, <sip:d@e>;q=0.1\r\n"));
  EXPECT_THAT(message.values(HeaderName::supported), ElementsAre("path", "gruu", "outbound"));
  EXPECT_THAT(message.values(HeaderName::contact), ElementsAre("\"a, b\" <sip:a,b@c;x=1>", "<sip:d@e>;q=0.1"));
  EXPECT_EQ(message.contact()->uri.text, "sip:a,b@c;x=1");
  EXPECT_THAT(message.values(HeaderName::route), ElementsAre());
}

TEST(Message, KnowsStarContact) {
  const Message message = accepted(with("Contact: *\r\nExpires: 0\r\n"));
  EXPECT_FALSE(message.contact());
  EXPECT_EQ(message.header(HeaderName::contact), "*");
  EXPECT_EQ(message.expires(), 0U);
}

TEST(Message, ChecksAddressLists) {
  EXPECT_THAT(refusal(with("Contact: <sip:a@b>, <sip:c@\r\n")), HasSubstr("400 Contact"));
  EXPECT_THAT(refusal(with("Route: <sip:a@b;lr>,,<sip:c@d>\r\n")), HasSubstr("400 Route"));
  EXPECT_THAT(refusal(with("Record-Route: edge\r\n")), HasSubstr("400 Record-Route"));
}

TEST(Message, NeverAnswersAckOrResponses) {
  std::string ack = without("To");
  for (auto at = ack.find("OPTIONS"); at != std::string::npos; at = ack.find("OPTIONS"))
    ack.replace(at, 7, "ACK");
  EXPECT_FALSE(Message::parse(ack).error().answerable);
  EXPECT_FALSE(Message::parse("SIP/2.0 200 OK\r\n\r\n").error().answerable);
  EXPECT_FALSE(Message::parse("hello").error().answerable);
  EXPECT_TRUE(Message::parse(without("To")).error().answerable);
}

TEST(Message, FindsEveryKnownHeaderByItsName) {
  for (int i = 0; i < static_cast<int>(HeaderName::other); ++i) {
    const auto name = static_cast<HeaderName>(i);
    std::string text(print(name));
    ASSERT_FALSE(text.empty()) << i;
    EXPECT_EQ(parse_header_name(text), name) << text;
    for (char& c : text)
      c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(parse_header_name(text), name) << text;
    text.back() = '~';
    EXPECT_EQ(parse_header_name(text), HeaderName::other) << text;
  }
  EXPECT_EQ(parse_header_name(""), HeaderName::other);
  EXPECT_EQ(parse_header_name("V"), HeaderName::via);
  EXPECT_EQ(parse_header_name("z"), HeaderName::other);
}

TEST(Method, IsCaseSensitive) {
  for (int i = 0; i < static_cast<int>(Method::other); ++i)
    EXPECT_EQ(parse_method(print(static_cast<Method>(i))), static_cast<Method>(i));
  EXPECT_EQ(parse_method("invite"), Method::other);
  EXPECT_EQ(parse_method(""), Method::other);
}

TEST(ParseNameAddr, ReadsBothForms) {
  const auto full = parse_name_addr(R"("A \"B\" <x>" <sip:a@b;lr?h=1>;tag=77;expires=5)");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->display_name, R"(A \"B\" <x>)");
  EXPECT_EQ(full->uri.parameters, "lr");
  EXPECT_EQ(full->tag, "77");
  EXPECT_EQ(full->parameters, "tag=77;expires=5");
  const auto bare = parse_name_addr("sip:a@b;tag=5");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->uri.parameters, "");
  EXPECT_EQ(bare->tag, "5");
  EXPECT_TRUE(parse_name_addr("J\xc3\xbcrgen <sip:j@b>")) << "met in practice";
}

class BadNameAddr : public testing::TestWithParam<const char*> {};
TEST_P(BadNameAddr, IsRefused) {
  EXPECT_FALSE(parse_name_addr(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(ParseNameAddr, BadNameAddr,
                         testing::Values("", "<>", "<sip:a@b", "sip:a@b>", "\"a <sip:a@b>", "\"a\" sip:a@b",
                                         "a, b <sip:a@b>", "<sip:a@b>;", "<sip:a@b>;;x", "<sip:a@b>x",
                                         "<sip:a@b>;tag=1;tag=2", "<sip:a@b>;tag=", "<sip:a@b>;x=\"y", "sip:a,b@c",
                                         "< sip:a@b>", "<sip:a@b>, <sip:c@d>"));

class BadVia : public testing::TestWithParam<const char*> {};
TEST_P(BadVia, IsRefused) {
  EXPECT_FALSE(parse_via(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(ParseVia, BadVia,
                         testing::Values("", "SIP/2.0", "SIP/2.0/", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/3.0/UDP a",
                                         "SIP/2.0/UDP a:", "SIP/2.0/UDP a:0", "SIP/2.0/UDP a:99999", "SIP/2.0/UDP [::1",
                                         "SIP/2.0/UDP a;", "SIP/2.0/UDP a;branch=1;branch=2", "SIP/2.0/UDP a b",
                                         "SIP/2.0/UDP ;branch=1"));

TEST(MessageWriter, CannotBeInjected) {
  MessageWriter writer;
  const std::string text = writer.request("INVITE", "sip:a@b SIP/2.0\r\nX: y")
                               .header("Subject", std::string_view("a\r\nVia: evil\0z", 14))
                               .header("Na\rme", "v")
                               .finish("text/plain\r\nY: z", "body\r\n");
  EXPECT_EQ(text, std::string("INVITE sip:a@b SIP/2.0  X: y SIP/2.0\r\nSubject: a  Via: evil z\r\nNa me: v\r\n"
                              "Content-Type: text/plain  Y: z\r\nContent-Length: 6\r\n\r\nbody\r\n"));
}

TEST(MessageWriter, GrowsBeyondItsRoom) {
  MessageWriter writer(16);
  std::string expected = "OPTIONS sip:a@b SIP/2.0\r\n";
  writer.request("OPTIONS", "sip:a@b");
  for (int i = 0; i < 100; ++i) {
    const std::string value(static_cast<std::size_t>(i), 'x');
    writer.header("X-Long", value).header(HeaderName::subject, {value, ";", value});
    expected += "X-Long: " + value + "\r\nSubject: " + value + ";" + value + "\r\n";
  }
  const std::string body(5000, 'b');
  EXPECT_EQ(writer.finish("text/plain", body),
            expected + "Content-Type: text/plain\r\nContent-Length: 5000\r\n\r\n" + body);
}

TEST(MessageWriter, WritesTheDefaultReason) {
  EXPECT_TRUE(MessageWriter().status(180).finish().starts_with("SIP/2.0 180 Ringing\r\n"));
  EXPECT_TRUE(MessageWriter().status(488, "No\r\nway").finish().starts_with("SIP/2.0 488 No  way\r\n"));
  EXPECT_EQ(default_reason(599), "Server Internal Error");
}

}  // namespace
}  // namespace ringwall::sip
