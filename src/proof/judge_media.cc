#include <algorithm>

#include "proof/judgement.h"

namespace ringwall::proof {
namespace {

const MediaWire* wire_of(const Facts& facts, const HopEvidence& hop) {
  const auto found = std::ranges::find_if(facts.wire.media, [&](const MediaWire& wire) {
    return wire.path.from_address == hop.media->from && wire.path.to_address == hop.media->to;
  });
  return found == facts.wire.media.end() ? nullptr : &*found;
}

void judge_end(const std::string& element, const std::optional<MediaEnd>& end, Findings& findings) {
  if (!end) {
    findings.add(fmt::format("{} reported nothing of its media", element), "it has no media leg of this hop",
                 "see `ringwall show calls` and the site's log for why it is not there");
    return;
  }
  if (end->suite.empty()) {
    findings.add("media is not encrypted", fmt::format("{} reports a leg without SRTP", element),
                 "use SRTP for this hop, or name a waiver for it in ringwall.toml");
  }
  if (end->sent == 0 || end->received == 0) {
    findings.add("media did not flow both ways",
                 fmt::format("{} sent {} and accepted {} packets", element, end->sent, end->received),
                 "look for a firewall between the two, and at refused packets in `ringwall show calls`");
  }
}

void judge_wire(const std::string& hop, const MediaEvidence& evidence, const MediaWire* wire, Findings& findings) {
  const std::string between = evidence.from.text() + " - " + evidence.to.text();
  if (wire == nullptr || wire->packets_from == 0 || wire->packets_to == 0) {
    findings.add("media was not seen on the wire both ways",
                 fmt::format("captured {} and {} packets between {}", wire == nullptr ? 0 : wire->packets_from,
                             wire == nullptr ? 0 : wire->packets_to, between),
                 "capture on the interface that carries " + hop + " (--interface)");
    return;
  }
  const std::uint64_t all = wire->packets_from + wire->packets_to + wire->rtcp;
  const std::uint64_t good = wire->authenticated_from + wire->authenticated_to + wire->rtcp_authenticated;
  if (good < all) {
    findings.add(
        "captured packets do not authenticate under the keys of the leg",
        fmt::format("{} of {} between {}", all - good, all, between),
        "look for a sender that does not encrypt, or for packets from a stranger, in the capture (verify --pcap FILE)");
  }
}

void judge_tone(const std::string& heard_by, const std::optional<Tone>& tone, Findings& findings) {
  if (!tone || tone->found) return;
  findings.add("the test tone did not arrive",
               fmt::format("{:.0f} Hz was not found in the audio decrypted at {}", tone->hz, heard_by),
               "see `ringwall show calls` for lost and refused packets of this hop");
}

}  // namespace

MediaReport judge_media(const Facts& facts, const HopEvidence& hop, Findings& findings) {
  const MediaEvidence& evidence = *hop.media;
  const MediaWire* wire = wire_of(facts, hop);
  MediaReport report{.tone = evidence.tone, .tone_back = evidence.tone_back};
  for (const auto* end : {&evidence.to_end, &evidence.from_end}) {
    if (!*end) continue;
    report.key_exchange = (*end)->dtls ? "DTLS" : "SDES";
    report.suite = (*end)->suite;
    report.waiver = (*end)->waiver.empty() ? report.waiver : (*end)->waiver;
    report.authentication_failures += (*end)->authentication_failures;
    report.lost += (*end)->lost;
    report.jitter_ms = std::max(report.jitter_ms, (*end)->jitter_ms);
  }
  // What arrived counts; where the receiver tells nothing, what was sent.
  const auto& [from, to] = std::tie(evidence.from_end, evidence.to_end);
  report.packets_from_to = to ? to->received : from ? from->sent : 0;
  report.packets_to_from = from ? from->received : to ? to->sent : 0;
  if (wire != nullptr) {
    report.wire_packets = wire->packets_from + wire->packets_to + wire->rtcp;
    report.wire_authenticated = wire->authenticated_from + wire->authenticated_to + wire->rtcp_authenticated;
  }
  judge_tone(hop.to, evidence.tone, findings);
  judge_tone(hop.from, evidence.tone_back, findings);
  if (valid_waiver(facts, report.waiver) != nullptr) return report;
  judge_end(hop.from, evidence.from_end, findings);
  judge_end(hop.to, evidence.to_end, findings);
  if (from && to && from->suite != to->suite) {
    findings.add("the two ends do not use the same SRTP suite",
                 fmt::format("{}: {}; {}: {}", hop.from, from->suite, hop.to, to->suite),
                 "look for something that ends the media between the two");
  }
  if (from && to && from->dtls != to->dtls)
    findings.add(
        "the two ends do not say the same of how they agreed on keys",
        fmt::format("{}: {}; {}: {}", hop.from, from->dtls ? "DTLS" : "SDES", hop.to, to->dtls ? "DTLS" : "SDES"),
        "look for something that ends the media between the two");
  judge_wire(hop.from + " -> " + hop.to, evidence, wire, findings);
  return report;
}

}  // namespace ringwall::proof
