#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

/// Comfort noise (RFC 3389): what a sender that falls silent says of the noise around it.
///
///   |0|   level   | reflection coefficient 1 | ... | coefficient n |     one byte each
namespace ringwall::media {

inline constexpr std::uint8_t comfort_noise_payload = 13;  ///< the static payload type at 8000 Hz
inline constexpr std::size_t comfort_noise_order = 10;  ///< coefficients that we use and make; further ones are ignored

struct ComfortNoise {
  std::uint8_t level = 127;                              ///< -dBov, 0 to 127
  std::array<double, comfort_noise_order> reflection{};  ///< between -1 and 1
  std::size_t order = 0;
};

/// Nothing if the payload is empty.
std::optional<ComfortNoise> parse_comfort_noise(Bytes payload);
/// Gives the size: 1 + order.
std::size_t print(const ComfortNoise& noise, std::span<std::uint8_t, 1 + comfort_noise_order> out);
/// The noise that these samples are.
ComfortNoise measure_noise(std::span<const std::int16_t> samples);

/// Makes noise by such a description; a new one is reached within some ms, without a click.
class ComfortNoiseGenerator {
 public:
  void set(const ComfortNoise& noise) { target_ = noise; }
  void fill(std::span<std::int16_t> out);

 private:
  double white();

  ComfortNoise target_;
  std::array<double, comfort_noise_order> memory_{};
  double rms_ = 0;
  std::uint32_t state_ = 0x2545f491;  // it need not be unpredictable
};

}  // namespace ringwall::media
