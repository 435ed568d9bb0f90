// Properties of generated messages: what is read, written and read again is the same, whatever form it came in.
#include <gtest/gtest.h>

#include <random>

#include "sip/message/list_headers.h"
#include "sip/message/respond.h"

namespace ringwall::sip {
namespace {

/// Makes messages that the grammar allows, in unusual forms. The same seed makes the same message.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string message() {
    const bool request = chance(70);
    method_ = pick({"INVITE", "OPTIONS", "REGISTER", "BYE", "NOTIFY", "x-New.Method"});
    std::string out = request ? method_ + " " + uri() + " SIP/2.0\r\n" : status_line();
    std::vector<std::string> lines = {field("Via", "v", via()), field("From", "f", address() + ";tag=" + token()),
                                      field("To", "t", address() + (chance(50) ? ";tag=" + token() : "")),
                                      field("Call-ID", "i", token() + (chance(50) ? "@" + host() : "")),
                                      field("CSeq", "", number() + spaces() + " " + method_)};
    for (std::size_t i = below(12); i > 0; --i)
      lines.push_back(extra());
    const std::string body = chance(50) ? text(below(200)) : "";
    if (chance(80)) lines.push_back(field("Content-Length", "l", std::to_string(body.size())));
    std::shuffle(lines.begin(), lines.end(), random_);
    for (const std::string& line : lines)
      out += line;
    return out + "\r\n" + body;
  }

 private:
  std::size_t below(std::size_t end) { return random_() % end; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  std::string pick(std::initializer_list<const char*> from) { return *(from.begin() + below(from.size())); }
  std::string number() { return std::to_string(random_() & 0x7fffffff); }
  std::string from(std::string_view letters, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i)
      out += letters[below(letters.size())];
    return out;
  }
  std::string token() { return from("abcXYZ019-.!%*_+`'~", 1 + below(12)); }
  std::string text(std::size_t size) { return from(std::string_view("ab \r\n\0:;,<>\"\xc3\xbc", 14), size); }
  std::string host() { return pick({"a.test", "192.0.2.1", "[2001:db8::1]", "B-1.example", "[::ffff:192.0.2.9]"}); }
  std::string port() { return chance(40) ? ":" + std::to_string(1 + below(65535)) : ""; }
  std::string spaces() { return chance(20) ? (chance(50) ? "\r\n " : " \t ") : ""; }
  std::string quoted() {
    std::string out = "\"";
    for (std::size_t i = below(10); i > 0; --i)
      out += pick({"a", " ", ",", ";", "<", ">", "\\\"", "\\\\", "\xc3\xbc", "="});
    return out + "\"";
  }
  std::string uri() {
    std::string out = pick({"sip:", "sips:", "SIP:"});
    if (chance(80)) out += pick({"alice", "%61lice", "a;b", "+1(2)", "a&b=c", "%00"}) + (chance(10) ? ":pw" : "") + "@";
    out += host() + port();
    if (chance(40)) out += ";transport=" + pick({"tcp", "TLS", "udp"});
    if (chance(20)) out += ";lr";
    return out;
  }
  std::string address() {
    std::string out = chance(30) ? quoted() + spaces() : chance(30) ? token() + " " : "";
    return out + "<" + uri() + ">" + (chance(30) ? spaces() + ";" + spaces() + "x=" + quoted() : "");
  }
  std::string via() {
    std::string out;
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      out += "SIP/2.0/" + pick({"UDP", "TLS", "TCP", "WSS"}) + " " + spaces() + host() + port();
      out += spaces() + ";branch=z9hG4bK" + token() + (chance(30) ? " ;rport" : "") + (i > 1 ? "," + spaces() : "");
    }
    return out;
  }
  std::string list() {
    std::string out = token();
    for (std::size_t i = below(4); i > 0; --i)
      out += spaces() + "," + spaces() + token();
    return out;
  }
  std::string extra() {
    switch (below(6)) {
      case 0:
        return field("Supported", "k", list());
      case 1:
        return field("Route", "", address() + "," + spaces() + address());
      case 2:
        return field("X-" + token(), "", chance(30) ? "" : quoted() + " any \xc3\xbc;;,");
      case 3:
        return field("Record-Route", "", address());
      case 4:
        return field("Warning", "", "399 a.test " + quoted());
      default:
        return field("Allow", "", list());
    }
  }
  std::string field(std::string name, std::string_view compact, const std::string& value) {
    if (!compact.empty() && chance(30)) name = compact;
    if (chance(20)) {
      for (char& c : name)
        c = static_cast<char>(chance(50) ? std::toupper(c) : std::tolower(c));
    }
    return name + (chance(10) ? " \t" : "") + ":" + (chance(80) ? " " : spaces()) + value + (chance(10) ? " " : "") +
           "\r\n";
  }
  std::string status_line() {
    return "SIP/2.0 " + std::to_string(100 + below(600)) + pick({" OK", " ", "", " \xc3\xbc x"}) + "\r\n";
  }

  std::mt19937 random_;
  std::string method_;
};

/// The message written anew from what was read of it.
std::string write_again(const Message& message) {
  MessageWriter writer;
  if (message.is_request()) {
    writer.request(message.method_name(), message.request_uri().text);
  } else {
    writer.status(message.status(), message.reason_phrase());
  }
  for (const HeaderField& field : message.headers()) {
    if (field.name == HeaderName::content_length) continue;
    if (field.name == HeaderName::other) {
      writer.header(field.text_name, field.value);
    } else {
      writer.header(field.name, field.value);
    }
  }
  return writer.finish({}, message.body());
}

struct Seen {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> parts;
  bool operator==(const Seen&) const = default;
};

Seen see(const Message& message) {
  Seen out;
  for (const HeaderField& field : message.headers()) {
    if (field.name == HeaderName::content_length) continue;
    out.fields.emplace_back(field.name == HeaderName::other ? field.text_name : print(field.name), field.value);
  }
  const auto add = [&out](const auto&... views) { (out.parts.emplace_back(views), ...); };
  const auto add_address = [&add](const NameAddr& address) {
    add(address.display_name, address.uri.text, address.uri.user, address.uri.password, address.uri.host,
        std::to_string(address.uri.port), address.uri.parameters, address.parameters, address.tag);
  };
  add_address(message.from());
  add_address(message.to());
  const Via& via = message.top_via();
  add(via.transport, via.host, std::to_string(via.port), via.branch, via.parameters, message.call_id(),
      message.cseq().method_name, std::to_string(message.cseq().number), message.body(), message.method_name(),
      std::to_string(message.status()), message.request_uri().text);
  for (const HeaderName name : {HeaderName::via, HeaderName::route, HeaderName::supported}) {
    for (std::string_view value : message.values(name))
      add(value);
  }
  return out;
}

TEST(GeneratedMessages, AreTheSameWhenWrittenAndReadAgain) {
  std::size_t folded = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    const std::string text = Generator(seed).message();
    const auto first = Message::parse(text);
    ASSERT_TRUE(first) << seed << ": " << first.error().reason << '\n' << text;
    const std::string written = write_again(*first);
    const auto second = Message::parse(written);
    ASSERT_TRUE(second) << seed << ": " << second.error().reason << '\n' << written;
    EXPECT_EQ(see(*first), see(*second)) << seed << '\n' << text;
    EXPECT_EQ(write_again(*second), written) << seed;
    folded += text.find("\r\n ") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(folded, 500U) << "the generator makes what it is there for";
}

TEST(GeneratedMessages, AreAnsweredWithTheirOwnIdentity) {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    const std::string text = Generator(seed).message();
    const auto request = Message::parse(text);
    ASSERT_TRUE(request) << seed;
    if (request->is_response()) continue;
    const auto answer = Message::parse(make_response(*request, 486, "", "mine"));
    ASSERT_TRUE(answer) << seed << ": " << answer.error().reason;
    EXPECT_EQ(answer->values(HeaderName::via), request->values(HeaderName::via)) << seed;
    EXPECT_EQ(answer->call_id(), request->call_id());
    EXPECT_EQ(answer->from().tag, request->from().tag);
    EXPECT_EQ(answer->to().tag, request->to().tag.empty() ? "mine" : request->to().tag);
    EXPECT_EQ(answer->cseq().number, request->cseq().number);
  }
}

// What is not a message is refused, and never read differently than the whole it was cut from.
TEST(GeneratedMessages, AreRefusedWhenCutInTheHead) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const std::string text = Generator(seed).message();
    const std::size_t head = text.find("\r\n\r\n") + 4;
    for (std::size_t length = 0; length < head; ++length)
      ASSERT_FALSE(Message::parse(std::string_view(text).substr(0, length))) << seed << ' ' << length;
  }
}

}  // namespace
}  // namespace ringwall::sip
