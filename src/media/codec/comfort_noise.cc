#include "media/codec/comfort_noise.h"

#include <algorithm>
#include <cmath>

namespace ringwall::media {
namespace {

constexpr double overload = 32'768;  // 0 dBov: a square wave as large as the samples can be
constexpr double largest_reflection = 0.98;
constexpr double quantum = 258.0 / 32'768;  // section 3.2: k(N) = 258 (N - 127) / 32768
constexpr double smoothing = 0.01;          // of the loudness, for each sample

double rms_of(std::uint8_t level) {
  return level >= 127 ? 0.0 : overload * std::pow(10.0, -level / 20.0);
}

}  // namespace

std::optional<ComfortNoise> parse_comfort_noise(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  ComfortNoise out{.level = static_cast<std::uint8_t>(payload[0] & 0x7f)};
  out.order = std::min(payload.size() - 1, comfort_noise_order);
  for (std::size_t i = 0; i < out.order; ++i)
    out.reflection[i] = std::clamp((payload[i + 1] - 127) * quantum, -largest_reflection, largest_reflection);
  return out;
}

std::size_t print(const ComfortNoise& noise, std::span<std::uint8_t, 1 + comfort_noise_order> out) {
  out[0] = std::min<std::uint8_t>(noise.level, 127);
  for (std::size_t i = 0; i < noise.order; ++i)
    out[i + 1] = static_cast<std::uint8_t>(std::clamp(std::lround(noise.reflection[i] / quantum) + 127, 0L, 254L));
  return 1 + noise.order;
}

/// Levinson and Durbin's recursion over the autocorrelation.
ComfortNoise measure_noise(std::span<const std::int16_t> samples) {
  std::array<double, comfort_noise_order + 1> correlation{};
  for (std::size_t lag = 0; lag < correlation.size(); ++lag)
    for (std::size_t i = lag; i < samples.size(); ++i)
      correlation[lag] += static_cast<double>(samples[i]) * samples[i - lag];
  ComfortNoise out;
  const double rms = samples.empty() ? 0 : std::sqrt(correlation[0] / static_cast<double>(samples.size()));
  if (rms < 1) return out;
  out.level = static_cast<std::uint8_t>(std::clamp(std::lround(-20 * std::log10(rms / overload)), 0L, 127L));
  std::array<double, comfort_noise_order + 1> predictor{}, before{};
  double error = correlation[0];
  for (std::size_t i = 1; i <= comfort_noise_order && error > correlation[0] * 1e-6; ++i) {
    double sum = correlation[i];
    for (std::size_t j = 1; j < i; ++j)
      sum -= predictor[j] * correlation[i - j];
    const double k = std::clamp(sum / error, -largest_reflection, largest_reflection);
    before = predictor;
    predictor[i] = k;
    for (std::size_t j = 1; j < i; ++j)
      predictor[j] = before[j] - k * before[i - j];
    error *= 1 - k * k;
    out.reflection[i - 1] = k;
    out.order = i;
  }
  return out;
}

/// Uniform between -1 and 1 (xorshift32).
double ComfortNoiseGenerator::white() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 17;
  state_ ^= state_ << 5;
  return static_cast<double>(static_cast<std::int32_t>(state_)) / 2'147'483'648.0;
}

/// White noise through the lattice of an all-pole filter, driven so that its output has the wanted loudness.
void ComfortNoiseGenerator::fill(std::span<std::int16_t> out) {
  double lost_in_filter = 1;
  for (std::size_t i = 0; i < target_.order; ++i)
    lost_in_filter *= 1 - target_.reflection[i] * target_.reflection[i];
  const double wanted = rms_of(target_.level) * std::sqrt(3 * lost_in_filter);  // 3: rms of white() is 1 / sqrt(3)
  for (std::int16_t& sample : out) {
    rms_ += (wanted - rms_) * smoothing;
    double forward = white() * rms_;
    for (std::size_t i = target_.order; i > 0; --i) {
      forward += target_.reflection[i - 1] * memory_[i - 1];
      if (i < comfort_noise_order) memory_[i] = memory_[i - 1] - target_.reflection[i - 1] * forward;
    }
    memory_[0] = forward;
    sample = static_cast<std::int16_t>(std::clamp(std::lround(forward), -32'768L, 32'767L));
  }
}

}  // namespace ringwall::media
