#include <algorithm>

#include "proof/judgement.h"

namespace ringwall::proof {
namespace {

bool covers(const NetAddress& pattern, const NetAddress& address) {
  return (pattern.ip.empty() || pattern.ip == address.ip) && (pattern.port == 0 || pattern.port == address.port);
}

bool covers(const WaivedPath& path, const ClearFlow& flow) {
  if (path.a.ip.empty()) return false;  // a waiver names at least one address
  return (covers(path.a, flow.source) && covers(path.b, flow.destination)) ||
         (covers(path.b, flow.source) && covers(path.a, flow.destination));
}

const WaivedPath* path_over(const WaiverEvidence& waiver, const ClearFlow& flow) {
  const auto path =
      std::ranges::find_if(waiver.paths, [&](const WaivedPath& candidate) { return covers(candidate, flow); });
  return path == waiver.paths.end() ? nullptr : &*path;
}

/// The tone must be heard in each direction on at least one hop; a hop that says "not found" fails by itself.
void judge_tones(const Facts& facts, Report& report) {
  Findings findings(report, "");
  const auto tested = [&](std::optional<Tone> MediaEvidence::* direction) {
    return std::ranges::any_of(
        facts.hops, [&](const HopEvidence& hop) { return hop.media && ((*hop.media).*direction).has_value(); });
  };
  if (!tested(&MediaEvidence::tone)) {
    findings.add("no tone was heard from the caller to the agent", "the test call sent none",
                 "see the failures of the test call");
  }
  if (!tested(&MediaEvidence::tone_back)) {
    findings.add("no tone was heard from the agent to the caller", "the test call sent none",
                 "see the failures of the test call");
  }
}

}  // namespace

const WaiverEvidence* valid_waiver(const Facts& facts, std::string_view name) {
  const auto found = std::ranges::find_if(facts.waivers, [&](const WaiverEvidence& waiver) {
    return !name.empty() && waiver.name == name && facts.now < waiver.until;
  });
  return found == facts.waivers.end() ? nullptr : &*found;
}

void judge_capture(const Facts& facts, Report& report) {
  Findings findings(report, "");
  if (facts.capture_error) {
    const Error& error = *facts.capture_error;
    findings.add("the wire was not captured", error.where.empty() ? error.what : error.where + ": " + error.what,
                 error.mend);
  }
  if (facts.capture.drops() > 0) {
    findings.add("the capture is not whole",
                 fmt::format("{} packets were dropped ({} by the kernel, {} by us)", facts.capture.drops(),
                             facts.capture.kernel_drops, facts.capture.ring_drops),
                 "capture with a filter for the site's addresses, or when the machine is less busy");
  }
  if (facts.wire.unexamined > 0) {
    findings.add("captured packets were not examined",
                 fmt::format("{} packets came after a limit was reached", facts.wire.unexamined),
                 "capture with a filter for the site's addresses");
  }
}

void judge_clear_packets(const Facts& facts, Report& report) {
  constexpr std::size_t flows_named_at_most = 20;
  Findings findings(report, "");
  std::size_t named = 0;
  for (const ClearFlow& flow : facts.wire.clear) {
    const WaiverEvidence* ended = nullptr;
    WaiverReport* excuse = nullptr;
    for (std::size_t i = 0; i < facts.waivers.size(); ++i) {
      if (path_over(facts.waivers[i], flow) == nullptr) continue;
      if (facts.now < facts.waivers[i].until)
        excuse = &report.waivers[i];
      else
        ended = &facts.waivers[i];
    }
    if (excuse != nullptr) {
      excuse->packets += flow.packets;
      continue;
    }
    if (++named > flows_named_at_most) continue;
    findings.add(
        fmt::format("packets were clear ({})", print(flow.packet_class)),
        fmt::format(
            "{} packets from {} to {}: {}{}", flow.packets, flow.source.text(), flow.destination.text(), flow.reason,
            ended != nullptr ? fmt::format("; the waiver {} ended on {}", ended->name, print_wall_time(ended->until))
                             : ""),
        "secure this peer, or name a waiver for it in ringwall.toml");
  }
  if (named > flows_named_at_most) {
    findings.add("packets were clear", fmt::format("{} more flows", named - flows_named_at_most), "see the ones above");
  }
}

Report judge(const Facts& facts) {
  Report report{.seconds = facts.seconds, .packets = facts.wire.counts};
  for (const WaiverEvidence& waiver : facts.waivers)
    report.waivers.push_back({waiver.name, waiver.reason, waiver.until});
  if (facts.call_error) {
    const Error& error = *facts.call_error;
    const std::string why = error.where.empty() ? error.what : error.where + ": " + error.what;
    report.failures.push_back({"", "the test call did not succeed", why, error.mend});
  }
  judge_capture(facts, report);
  if (facts.hops.empty()) {
    report.failures.push_back(
        {"", "there is no hop to prove", "the test call did not come into being", "see the site's log"});
  }
  for (const HopEvidence& hop : facts.hops) {
    const std::size_t before = report.failures.size();
    Findings findings(report, hop.from + " -> " + hop.to);
    HopReport judged{.from = hop.from, .to = hop.to};
    if (hop.signalling) judged.signalling = judge_signalling(facts, hop, findings);
    if (hop.media) judged.media = judge_media(facts, hop, findings);
    if (!hop.signalling && !hop.media) {
      findings.add("nothing is known of the hop", "neither signalling nor media was expected on it",
                   "see the site's log");
    }
    judged.proven = report.failures.size() == before;
    report.hops.push_back(std::move(judged));
  }
  judge_tones(facts, report);
  judge_clear_packets(facts, report);
  report.proven = report.failures.empty();
  return report;
}

}  // namespace ringwall::proof
