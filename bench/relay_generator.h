#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/secret.h"
#include "media/srtp/suite.h"

/// The load of media.*. Relayed, a call has both phones here: side 2n speaks `left_suite`, side 2n+1 `right_suite`.
/// Callers who hear a prompt are one side each.
namespace ringwall::bench {

inline constexpr media::Suite left_suite = media::Suite::aes_cm_128_hmac_sha1_80;
inline constexpr media::Suite right_suite = media::Suite::aead_aes_256_gcm;
inline media::Suite suite_of(std::size_t side) {
  return side % 2 == 0 ? left_suite : right_suite;
}
/// The key||salt that the generator's side sends under.
inline Secret generator_key(std::size_t side) {
  return Secret(Buffer(media::lengths(suite_of(side)).key_and_salt(), 0x31));
}

/// What the generator must know of the relay for one side.
struct RelaySide {
  std::uint16_t port = 0;
  std::array<std::uint8_t, 46> key{};  ///< key||salt that the relay sends under
};

/// What every side sends, and what it takes for an answer.
struct Load {
  std::size_t sides = 0;
  bool encrypted = true;  ///< else plain RTP
  bool relayed = true;    ///< what comes back is another side's packet, and its way is timed; else a prompt
  std::chrono::seconds time{5};
};

struct Totals {
  std::uint64_t sent = 0, received = 0, bad = 0;
  /// How long packets were on their way; of a prompt, how far they came from 20 ms after the one before.
  double p50_ms = 0, p99_ms = 0;
};

/// In the generator's process. Over the pipes: the port of each side out, a RelaySide for each in; 'w' out when warm (a
/// second), Totals out when done. Every side sends 50 packets a second, evenly spread, and checks what comes back.
/// It takes what came four times in a millisecond, not all the time: so it can give 130 000 packets a second, and the
/// server's sending does not fight with it for the locks of its sockets. It never sleeps for longer than a breath: what
/// comes in bursts is cheaper to serve.
int generate(const Load& load, int in, int out);

}  // namespace ringwall::bench
