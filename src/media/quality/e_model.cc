#include "media/quality/e_model.h"

#include <algorithm>
#include <cmath>

namespace ringwall::media {

CodecImpairment impairment_of(Codec codec) {
  switch (codec) {
    case Codec::pcmu:
    case Codec::pcma:
    case Codec::g722:
    case Codec::opus:
    case Codec::l16:
      break;
  }
  return {.ie = 0, .bpl = 25.1};
}

double delay_impairment(Duration one_way) {
  const double ms = std::chrono::duration<double, std::milli>(one_way).count();
  if (ms <= 100.0) return 0;
  const double x = std::log2(ms / 100.0);
  const auto root = [](double value) { return std::pow(1.0 + std::pow(value, 6.0), 1.0 / 6.0); };
  return 25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0);
}

double loss_impairment(double loss, double burst_ratio, const CodecImpairment& codec) {
  const double percent = 100.0 * std::clamp(loss, 0.0, 1.0);
  if (percent == 0.0) return codec.ie;
  return codec.ie + (95.0 - codec.ie) * percent / (percent / std::max(burst_ratio, 1.0) + codec.bpl);
}

double r_factor(const Impairment& network, const CodecImpairment& codec) {
  const double r = r_without_impairment - delay_impairment(network.one_way) -
                   loss_impairment(network.loss, network.burst_ratio, codec);
  return std::clamp(r, 0.0, r_without_impairment);
}

double mean_opinion_score(double r) {
  if (r <= 0.0) return 1.0;
  if (r >= 100.0) return 4.5;
  // The polynomial dips a little below 1 for R under 6.5.
  return std::max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6);
}

}  // namespace ringwall::media
