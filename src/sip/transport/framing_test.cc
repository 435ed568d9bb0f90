#include "sip/transport/framing.h"

#include <gmock/gmock.h>

#include <random>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string message(std::string_view headers, std::string_view body) {
  return fmt::format("OPTIONS sip:a SIP/2.0\r\nVia: x\r\n{}\r\n{}", headers, body);
}

/// What a framer says when it is fed `pieces` one after the other: messages, "ping", and "error" at the end.
std::vector<std::string> frames(const std::vector<std::string_view>& pieces) {
  StreamFramer framer;
  std::vector<std::string> out;
  for (std::string_view piece : pieces) {
    framer.feed(piece);
    for (;;) {
      auto frame = framer.poll();
      if (!frame) {
        out.push_back("error: " + frame.error().what);
        return out;
      }
      if (!*frame) break;
      out.push_back((*frame)->kind == Frame::Kind::ping ? "ping" : std::string((*frame)->bytes));
    }
  }
  return out;
}

TEST(StreamFramer, CutsByContentLength) {
  const std::string one = message("Content-Length: 5\r\n", "hello");
  const std::string two = message("l : 0\r\n", "");
  EXPECT_THAT(frames({one + two}), ElementsAre(one, two));
  EXPECT_THAT(frames({one.substr(0, one.size() - 1)}), ElementsAre());
}

TEST(StreamFramer, TellsPingsFromPongs) {
  const std::string one = message("Content-Length: 0\r\n", "");
  EXPECT_THAT(frames({"\r\n\r\n"}), ElementsAre("ping"));
  EXPECT_THAT(frames({"\r\n", "\r\n"}), ElementsAre("ping"));
  EXPECT_THAT(frames({"\r\n"}), ElementsAre());
  EXPECT_THAT(frames({"\r\n" + one}), ElementsAre(one));
  EXPECT_THAT(frames({"\r\n\r\n\r\n" + one + "\r\n\r\n\r\n\r\n" + one}), ElementsAre("ping", one, "ping", "ping", one));
}

TEST(StreamFramer, ReadsFoldedContentLength) {
  const std::string one = message("Content-Length:\r\n 2\r\nSubject: a\r\n Content-Length: 9\r\n", "hi");
  EXPECT_THAT(frames({one}), ElementsAre(one));
}

TEST(StreamFramer, EndsTheConnectionForBadLengths) {
  EXPECT_THAT(frames({message("", "")}), ElementsAre(HasSubstr("missing")));
  EXPECT_THAT(frames({message("Content-Length: -1\r\n", "")}), ElementsAre(HasSubstr("not a number")));
  EXPECT_THAT(frames({message("Content-Length: 1 2\r\n", "")}), ElementsAre(HasSubstr("not a number")));
  EXPECT_THAT(frames({message("Content-Length: 99999999999999999999999\r\n", "")}),
              ElementsAre(HasSubstr("not a number")));
  EXPECT_THAT(frames({message("Content-Length: 1\r\nl: 2\r\n", "ab")}), ElementsAre(HasSubstr("twice")));
  EXPECT_THAT(frames({message("Content-Length: 18446744073709551615\r\n", "")}), ElementsAre(HasSubstr("larger")));
}

TEST(StreamFramer, KeepsItsLimits) {
  const std::string header_only = message("Content-Length: 0\r\n", "");
  const std::size_t room = limits::sip_message_bytes - message("Content-Length: 65000\r\n", "").size();
  const std::string largest = message(fmt::format("Content-Length: {}\r\n", room), std::string(room, 'x'));
  EXPECT_EQ(largest.size(), limits::sip_message_bytes);
  EXPECT_THAT(frames({largest}), ElementsAre(largest));
  EXPECT_THAT(frames({message(fmt::format("Content-Length: {}\r\n", room + 1), "")}), ElementsAre(HasSubstr("larger")));
  EXPECT_THAT(frames({std::string(limits::sip_message_bytes, 'x')}), ElementsAre());
  EXPECT_THAT(frames({std::string(limits::sip_message_bytes + 1, 'x')}), ElementsAre(HasSubstr("larger")));
}

TEST(StreamFramer, StaysBroken) {
  StreamFramer framer;
  framer.feed(message("", ""));
  EXPECT_FALSE(framer.poll());
  framer.feed(message("Content-Length: 0\r\n", ""));
  EXPECT_FALSE(framer.poll());
  EXPECT_EQ(framer.pending(), 0U);
}

/// What a framer that was fed `stream` in pieces of `size` bytes says of the broken message in it.
StreamFramer::Broken broken(StreamFramer& framer, std::string_view stream, std::size_t size) {
  for (; !stream.empty(); stream.remove_prefix(std::min(size, stream.size()))) {
    framer.feed(stream.substr(0, size));
    for (auto frame = framer.poll(); frame ? frame->has_value() : false; frame = framer.poll()) {
    }
  }
  return framer.broken();
}

std::string request(std::string_view headers) {
  return fmt::format("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\n{}\r\n",
                     headers);
}

TEST(StreamFramer, SaysHowABrokenMessageIsToBeRefused) {
  const std::string long_header = "Subject: " + std::string(limits::sip_message_bytes, 'x') + "\r\n";
  const struct {
    std::string stream;
    int status;
    std::string_view reason;
  } cases[] = {
      {request(""), 400, "Content-Length: the header is missing"},
      {request("Content-Length: -999\r\n"), 400, "Content-Length: it is not a number"},
      {request("Content-Length: 1\r\nl: 2\r\n") + "ab", 400, "Content-Length: the header is given twice"},
      {request("Content-Length: 65536\r\n"), 413, "The body makes the message larger than 65536 bytes"},
      {request(long_header + "Content-Length: 0\r\n"), 513, "Message larger than 65536 bytes"},
  };
  for (const auto& [stream, status, reason] : cases) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{700}, stream.size()}) {
      StreamFramer framer;
      const auto found = broken(framer, message("l: 2\r\n", "hi") + stream, size);
      EXPECT_EQ(found.refusal.status, status) << reason;
      EXPECT_EQ(found.refusal.reason, reason);
      EXPECT_TRUE(found.refusal.answerable) << reason;
      EXPECT_THAT(found.bytes, testing::StartsWith("OPTIONS"));
      EXPECT_TRUE(found.bytes.ends_with("\r\n") && found.bytes.size() <= limits::sip_message_bytes) << found.bytes;
    }
  }
}

TEST(StreamFramer, AnswersNoLineThatWasCutAtTheLimit) {
  StreamFramer framer;
  const std::string via = "Via: SIP/2.0/TCP " + std::string(limits::sip_message_bytes, 'a');
  const auto found = broken(framer, "OPTIONS sip:a SIP/2.0\r\nCSeq: 1 OPTIONS\r\n" + via, 4096);
  EXPECT_EQ(found.bytes, "OPTIONS sip:a SIP/2.0\r\nCSeq: 1 OPTIONS\r\n");
  EXPECT_EQ(found.refusal.status, 513);
  EXPECT_FALSE(found.refusal.answerable);
}

TEST(StreamFramer, AResponseAndAnAckAreNotAnswered) {
  for (std::string_view line : {"SIP/2.0 200 OK", "ACK sip:a SIP/2.0", "GET / HTTP/1.1"}) {
    StreamFramer framer;
    const std::string cseq = line.starts_with('G') ? "" : "Via: SIP/2.0/TCP a\r\nCSeq: 1 INVITE\r\n";
    EXPECT_FALSE(broken(framer, fmt::format("{}\r\n{}\r\n", line, cseq), 10).refusal.answerable) << line;
    EXPECT_FALSE(framer.poll());
  }
}

class AnySplit : public testing::TestWithParam<unsigned> {};

TEST_P(AnySplit, GivesTheSameFrames) {
  std::mt19937 random(GetParam());
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  std::string stream;
  for (int i = 0; i < 20; ++i) {
    const std::size_t length = below(40);
    switch (below(10)) {
      case 0:
        stream += "\r\n\r\n";
        break;
      case 1:
        stream += "\r\n";
        break;
      case 2:
        stream += i > 15 ? message("", "") : "\r\n\r\n\r\n";
        break;
      default:
        stream += message(fmt::format("l: {}\r\n", length), std::string(length, "\r\nab"[below(4)]));
    }
  }
  const auto whole = frames({stream});
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string_view> pieces;
    for (std::string_view rest = stream; !rest.empty();) {
      const std::size_t size = std::min(rest.size(), 1 + below(round == 0 ? 1 : 60));
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    EXPECT_EQ(frames(pieces), whole);
  }
}

INSTANTIATE_TEST_SUITE_P(StreamFramer, AnySplit, testing::Range(1U, 21U));

}  // namespace
}  // namespace ringwall::sip
