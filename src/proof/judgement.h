#pragma once

#include <string>
#include <string_view>

#include "proof/report.h"

/// The parts of judge(): each looks at one kind of fact and writes down what it finds wrong.
namespace ringwall::proof {

/// Collects what is wrong with one hop, or with the site.
class Findings {
 public:
  Findings(Report& report, std::string hop) : report_(report), hop_(std::move(hop)) {}
  void add(std::string what, std::string why, std::string mend) {
    report_.failures.push_back({hop_, std::move(what), std::move(why), std::move(mend)});
  }

 private:
  Report& report_;
  std::string hop_;
};

/// The waiver of that name, if it is there and has not ended.
const WaiverEvidence* valid_waiver(const Facts& facts, std::string_view name);

SignallingReport judge_signalling(const Facts& facts, const HopEvidence& hop, Findings& findings);
MediaReport judge_media(const Facts& facts, const HopEvidence& hop, Findings& findings);
/// Clear packets must be on a path of a waiver that holds; counts what each waiver excuses.
void judge_clear_packets(const Facts& facts, Report& report);
void judge_capture(const Facts& facts, Report& report);

}  // namespace ringwall::proof
