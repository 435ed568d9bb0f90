#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "proof/capture.h"
#include "proof/classify.h"
#include "proof/evidence.h"

namespace ringwall::proof {

/// Everything that the judgement rests on.
struct Facts {
  double seconds = 0;  ///< how long the proof took
  WallTime now{};      ///< decides which waivers have ended
  std::vector<HopEvidence> hops;
  std::vector<WaiverEvidence> waivers;
  Classified wire;
  CaptureCounts capture;
  std::optional<Error> capture_error;  ///< there was no capture, and why
  std::optional<Error> call_error;     ///< the test call itself failed
};

struct Failure {
  std::string hop;   ///< "edge -> call-server"; empty: the whole site
  std::string what;  ///< what is not proven
  std::string why;   ///< what was seen instead
  std::string mend;
};

struct SignallingWire {
  bool seen = false;
  std::uint64_t records_from_to = 0, records_to_from = 0;
  std::string version, cipher, group;  ///< empty if the handshake was not captured
  bool handshake_captured = false;
};

struct SignallingReport {
  std::string transport, tls_version, cipher, group, from_name, to_name, verified;
  bool resumed = false;
  std::string waiver;
  SignallingWire wire;
};

struct MediaReport {
  std::string key_exchange, suite, waiver;
  std::uint64_t packets_from_to = 0, packets_to_from = 0;
  std::uint64_t authentication_failures = 0, lost = 0;
  double jitter_ms = 0;
  std::uint64_t wire_packets = 0, wire_authenticated = 0;
  std::optional<Tone> tone, tone_back;
};

struct HopReport {
  std::string from, to;
  std::optional<SignallingReport> signalling;
  std::optional<MediaReport> media;
  bool proven = true;  ///< no failure names this hop
};

struct WaiverReport {
  std::string name, reason;
  WallTime until{};
  std::uint64_t packets = 0;  ///< clear packets that it excuses
};

struct Report {
  bool proven = false;
  double seconds = 0;
  std::vector<HopReport> hops;
  PacketCounts packets{};
  std::vector<WaiverReport> waivers;
  std::vector<Failure> failures;
};

/// The judgement: proven only if the test call succeeded, the capture is whole, each hop was seen on the wire and its
/// ends and the wire agree, every name was verified, nothing is clear outside a waiver that holds, and the tone came
/// through both ways.
[[nodiscard]] Report judge(const Facts& facts);

[[nodiscard]] boost::json::value to_json(const Report& report);
/// For people: at most 100 columns and one sheet for a site of the usual size.
[[nodiscard]] std::string to_text(const Report& report);
/// The JSON, indented, with a newline at its end.
[[nodiscard]] std::string print_json(const Report& report);

}  // namespace ringwall::proof
