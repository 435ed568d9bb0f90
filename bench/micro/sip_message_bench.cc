// What one SIP message costs: reading an INVITE of about 1.1 kB, and writing the 200 to it.
#include <benchmark/benchmark.h>

#include <array>

#include "sip/message/respond.h"

namespace {

using namespace ringwall::sip;

constexpr std::string_view session =
    "v=0\r\n"
    "o=- 20518 1 IN IP4 127.18.133.76\r\n"
    "s=-\r\n"
    "c=IN IP4 127.18.133.76\r\n"
    "t=0 0\r\n"
    "m=audio 16384 RTP/SAVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
    "a=ptime:20\r\n"
    "a=sendrecv\r\n";

std::string invite() {
  MessageWriter writer;
  return writer.request("INVITE", "sip:6016@edge.ringwall.test:5061;transport=tls")
      .header(HeaderName::via, "SIP/2.0/TLS 127.18.133.76:5061;branch=z9hG4bK8a7f1c02d4e6;rport")
      .header(HeaderName::max_forwards, "70")
      .header(HeaderName::from, "\"Carrier\" <sip:4085550123@carrier.ringwall.test>;tag=8f3a1c7d")
      .header(HeaderName::to, "<sip:6016@edge.ringwall.test>")
      .header(HeaderName::call_id, "5d1e6a90-8c1b-4a39-b7c4-3fd2a0c1e577@carrier.ringwall.test")
      .header(HeaderName::cseq, "101 INVITE")
      .header(HeaderName::contact, "<sip:4085550123@127.18.133.76:5061;transport=tls>")
      .header(HeaderName::supported, "100rel, timer, replaces, outbound")
      .header(HeaderName::allow, "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO")
      .header(HeaderName::user_agent, "carrier/1.0")
      .header(HeaderName::session_expires, "1800;refresher=uac")
      .header(HeaderName::min_se, "90")
      .header(HeaderName::p_asserted_identity, "<sip:4085550123@carrier.ringwall.test>")
      .header("Date", "Sat, 21 Nov 2026 22:26:55 GMT")
      .finish("application/sdp", session);
}

void sip_parse_invite(benchmark::State& state) {
  const std::string text = invite();
  for (auto _ : state) {
    auto message = Message::parse(text);
    benchmark::DoNotOptimize(message->cseq().number);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(sip_parse_invite);

void sip_print_200(benchmark::State& state) {
  const std::string text = invite();
  const auto request = Message::parse(text);
  const std::array headers = {HeaderLine{HeaderName::contact, {}, "<sip:6016@127.18.133.226:5061;transport=tls>"},
                              HeaderLine{HeaderName::allow, {}, "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE"},
                              HeaderLine{HeaderName::server, {}, "Ringwall"}};
  ResponseParts parts;
  parts.to_tag = "2b7e151628aed2a6";
  parts.headers = headers;
  parts.content_type = "application/sdp";
  parts.body = session;
  for (auto _ : state)
    benchmark::DoNotOptimize(make_response(*request, 200, parts));
}
BENCHMARK(sip_print_200);

void sip_parse_uri(benchmark::State& state) {
  constexpr std::string_view text = "sip:4085550123@edge.ringwall.test:5061;transport=tls;lr";
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_uri(text));
}
BENCHMARK(sip_parse_uri);

}  // namespace
