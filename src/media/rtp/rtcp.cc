#include "media/rtp/rtcp.h"

#include <algorithm>

namespace ringwall::media {
namespace {

enum PacketType : std::uint8_t { sr = 200, rr = 201, sdes = 202, bye = 203, rtpfb = 205, psfb = 206 };

/// A compound begins with a report (RFC 3550 section 6.1); feedback and extended reports may come alone, reduced in
/// size (RFC 5506 section 3.4). We act on nothing of a kind that would need more.
bool may_come_first(std::uint8_t type) {
  return type == sr || type == rr || type == rtpfb || type == psfb || type == rtcp_extended_report;
}

void write_block(RtcpWriter& out, const ReportBlock& block) {
  out.number(block.ssrc, 4);
  out.u8(block.fraction_lost);
  out.number(block.cumulative_lost, 3);
  out.number(block.highest_sequence, 4);
  out.number(block.jitter, 4);
  out.number(block.last_sender_report, 4);
  out.number(block.delay_since_last_sender_report, 4);
}

ReportBlock read_block(ByteReader& in) {
  return {.ssrc = in.u32(),
          .fraction_lost = in.u8(),
          .cumulative_lost = in.u24(),
          .highest_sequence = in.u32(),
          .jitter = in.u32(),
          .last_sender_report = in.u32(),
          .delay_since_last_sender_report = in.u32()};
}

/// One packet of a compound: its count field, type and body.
void read_packet(std::uint8_t count, std::uint8_t type, Bytes body, std::uint32_t our_ssrc, RtcpReceived& out) {
  ByteReader in(body);
  if (type == bye) out.bye = true;
  if (type == rtcp_extended_report) {
    if (const auto metrics = find_voip_metrics(body, our_ssrc)) out.voip_about_us = metrics;
  }
  if (type != sr && type != rr) return;
  in.skip(4);
  if (type == sr) {
    const SenderInfo info{.ntp = in.u64(), .rtp_timestamp = in.u32(), .packets = in.u32(), .bytes = in.u32()};
    if (in.ok()) out.sender = info;
  }
  for (; count > 0; --count) {
    const ReportBlock block = read_block(in);
    if (in.ok() && block.ssrc == our_ssrc) out.about_us = block;
  }
}

}  // namespace

std::size_t write_rtcp(MutableBytes bytes, const RtcpReport& report) {
  RtcpWriter out(bytes);
  out.open(report.block ? 1 : 0, report.sender ? sr : rr);
  out.number(report.ssrc, 4);
  if (report.sender) {
    out.number(report.sender->ntp, 8);
    out.number(report.sender->rtp_timestamp, 4);
    out.number(report.sender->packets, 4);
    out.number(report.sender->bytes, 4);
  }
  if (report.block) write_block(out, *report.block);
  out.close();

  const std::string_view cname = report.cname.substr(0, 255);
  out.open(1, sdes);
  out.number(report.ssrc, 4);
  out.u8(1);  // CNAME
  out.u8(static_cast<std::uint8_t>(cname.size()));
  for (const char c : cname)
    out.u8(static_cast<std::uint8_t>(c));
  out.u8(0);  // ends the chunk
  out.close();

  if (report.voip) write_voip_metrics(out, report.ssrc, *report.voip);

  if (report.bye) {
    out.open(1, bye);
    out.number(report.ssrc, 4);
    out.close();
  }
  return out.size();
}

std::optional<RtcpReceived> parse_rtcp(Bytes packet, std::uint32_t our_ssrc) {
  RtcpReceived out;
  ByteReader in(packet);
  bool first = true;
  while (in.remaining() > 0) {
    const std::uint8_t flags = in.u8(), type = in.u8();
    const Bytes body = in.take(4 * std::size_t{in.u16()});
    if (!in.ok() || flags >> 6 != 2) return std::nullopt;
    if (first) {
      if (!may_come_first(type) || (flags & 0x20) != 0 || body.size() < 4) return std::nullopt;
      out.ssrc = ByteReader(body).u32();
      first = false;
    }
    read_packet(flags & 0x1f, type, body, our_ssrc, out);
  }
  return first ? std::nullopt : std::optional(out);
}

std::chrono::milliseconds rtcp_interval(bool first, double random) {
  using namespace std::chrono_literals;
  // What e - 3/2 takes back is that members who reconsider their timers would send too seldom (section 6.3.1).
  constexpr double compensation = 2.71828 - 1.5;
  const double least = std::chrono::duration<double, std::milli>(first ? 2500ms : 5000ms).count();
  return std::chrono::milliseconds(static_cast<std::int64_t>(least * (random + 0.5) / compensation));
}

std::uint64_t ntp_time(Time now) {
  const auto micros =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
  return (micros / 1'000'000) << 32 | ((micros % 1'000'000) << 32) / 1'000'000;
}

std::optional<double> round_trip_ms(const ReportBlock& block, Time now) {
  if (block.last_sender_report == 0) return std::nullopt;
  const std::uint32_t since = ntp_middle(ntp_time(now)) - block.last_sender_report;
  const auto trip = static_cast<std::int32_t>(since - block.delay_since_last_sender_report);
  // Clock granularity may make it a hair negative; anything beyond a minute is nonsense from the peer.
  if (trip < -66 || trip > 60 * 65536) return std::nullopt;
  return std::max(0, trip) * 1000.0 / 65536.0;
}

}  // namespace ringwall::media
