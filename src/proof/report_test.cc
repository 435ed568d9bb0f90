#include "proof/report.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/text.h"

namespace ringwall::proof {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Report sample() {
  Report report{.proven = true, .seconds = 12.5, .packets = {20, 199, 2, 0, 0, 4, 0, 1}};
  HopReport hop{.from = "caller", .to = "edge"};
  hop.signalling = SignallingReport{.transport = "TLS",
                                    .tls_version = "TLSv1.3",
                                    .cipher = "TLS_AES_256_GCM_SHA384",
                                    .group = "x25519",
                                    .from_name = "carrier.ringwall.test",
                                    .to_name = "edge.ringwall.test",
                                    .verified = "edge: SAN",
                                    .wire = {.seen = true, .records_from_to = 8, .records_to_from = 7}};
  hop.media = MediaReport{.key_exchange = "SDES",
                          .suite = "AEAD_AES_256_GCM",
                          .packets_from_to = 100,
                          .packets_to_from = 99,
                          .jitter_ms = 0.25,
                          .wire_packets = 201,
                          .wire_authenticated = 201,
                          .tone = Tone{440, true}};
  report.hops.push_back(hop);
  report.waivers.push_back({"pstn", "old gateway", WallTime(1'800'000'000s), 4});
  return report;
}

TEST(Report, PrintsItsJson) {
  Report report = sample();
  report.hops[0].signalling->wire.handshake_captured = false;
  report.failures.push_back({"caller -> edge", "what", "why", "mend"});
  const auto expected = boost::json::parse(R"({
    "proven": true, "seconds": 12.5,
    "hops": [{"from": "caller", "to": "edge", "proven": true,
      "signalling": {"transport": "TLS", "tls_version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "group": "x25519",
        "from_name": "carrier.ringwall.test", "to_name": "edge.ringwall.test", "verified": "edge: SAN", "resumed": false,
        "wire": {"seen": true, "records_from_to": 8, "records_to_from": 7, "handshake": "handshake before the capture"}},
      "media": {"key_exchange": "SDES", "suite": "AEAD_AES_256_GCM", "packets_from_to": 100, "packets_to_from": 99,
        "authentication_failures": 0, "lost": 0, "jitter_ms": 0.25, "wire": {"packets": 201, "authenticated": 201},
        "tone": {"hz": 440.0, "found": true}, "tone_back": null}}],
    "packets": {"tls": 20, "srtp": 199, "srtcp": 2, "stun": 0, "dtls": 0, "clear-sip": 4, "clear-rtp": 0, "other": 1},
    "waivers": [{"name": "pstn", "reason": "old gateway", "until": "2027-01-15T08:00:00Z", "packets": 4}],
    "failures": [{"hop": "caller -> edge", "what": "what", "why": "why", "mend": "mend"}]})");
  EXPECT_EQ(boost::json::parse(print_json(report)), expected);
}

TEST(Report, PrintsTheHandshakeThatWasCaptured) {
  Report report = sample();
  auto& wire = report.hops[0].signalling->wire;
  wire.handshake_captured = true;
  wire.version = "TLSv1.3";
  const auto json = to_json(report);
  EXPECT_EQ(json.at("hops").at(0).at("signalling").at("wire").at("version"), "TLSv1.3");
}

TEST(Report, PrintsAHopWithoutMediaAsNull) {
  Report report = sample();
  report.hops[0].media.reset();
  EXPECT_TRUE(to_json(report).at("hops").at(0).at("media").is_null());
}

std::size_t characters(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST(ReportText, FitsTheSheet) {
  Report report = sample();
  for (int i = 0; i < 7; ++i)
    report.hops.push_back(report.hops[0]);
  for (HopReport& hop : report.hops) {
    hop.from = "call-manager-with-a-long-name";
    hop.to = std::string(60, 'x');
    hop.signalling->from_name = std::string(300, 'n');
    hop.signalling->cipher = "ECDHE-ECDSA-AES256-GCM-SHA384-and-more-and-more-and-more-and-more";
    hop.media->packets_from_to = hop.media->packets_to_from = hop.media->lost = 18'446'744'073'709'551'615U;
  }
  for (int i = 0; i < 12; ++i) {
    report.failures.push_back(
        {"caller -> edge", "the name was not verified because " + std::string(150, 'y'),
         "a reason of several words that goes on and on until it no longer fits the line of the sheet it is on",
         "m\xc3\xa4nd \x1b[31m it"});
  }
  const std::string text = to_text(report);
  for (std::string_view line : split(text, '\n'))
    EXPECT_LE(characters(line), 100U) << line;
  EXPECT_LE(std::ranges::count(text, '\n'), 120);  // two pages of sixty lines
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ReportText, SaysWhatIsProven) {
  const std::string text = to_text(sample());
  EXPECT_THAT(text, testing::StartsWith("PROVEN "));
  EXPECT_THAT(text, HasSubstr("caller -> edge"));
  EXPECT_THAT(text, HasSubstr("[locked]"));
  EXPECT_THAT(text, HasSubstr("TLSv1.3 TLS_AES_256_GCM_SHA384 x25519"));
  EXPECT_THAT(text, HasSubstr("SDES AEAD_AES_256_GCM"));
  EXPECT_THAT(text, HasSubstr("440 Hz heard"));
  EXPECT_THAT(text, HasSubstr("handshake before the capture"));
  EXPECT_THAT(text, HasSubstr("4 clear-sip"));
  EXPECT_THAT(text, HasSubstr("pstn until 2027-01-15"));
}

TEST(ReportText, SaysWhatIsNot) {
  Report report = sample();
  report.proven = report.hops[0].proven = false;
  report.hops[0].signalling->transport = "TCP";
  report.hops[0].media->tone->found = false;
  report.failures = {{"caller -> edge", "signalling is not encrypted", "caller reports TCP", "use TLS"}};
  const std::string text = to_text(report);
  EXPECT_THAT(text, testing::StartsWith("NOT PROVEN"));
  EXPECT_THAT(text, HasSubstr("[CLEAR]"));
  EXPECT_THAT(text, HasSubstr("NOT HEARD"));
  EXPECT_THAT(text, HasSubstr("- caller -> edge: signalling is not encrypted"));
  EXPECT_THAT(text, HasSubstr("mend: use TLS"));
  EXPECT_THAT(text, Not(HasSubstr("Verdict  every hop")));
}

}  // namespace
}  // namespace ringwall::proof
