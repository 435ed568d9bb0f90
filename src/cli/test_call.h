#pragma once

#include <boost/json/value.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "call/phone.h"
#include "desktop/control_client.h"
#include "policy/site.h"

namespace ringwall::cli {

/// How the site is called for the proof: `[verify]` of ringwall.toml.
struct TestCallPlan {
  const policy::Site* site = nullptr;
  const policy::Trunk* trunk = nullptr;
  const policy::Agent* agent = nullptr;
  const policy::Phone* phone = nullptr;
  std::string number;
  std::string caller_address, phone_address;
  std::filesystem::path caller_identity, phone_identity;  ///< folders with certificates
  bool debug_key_log = false;
};

/// What the site and the two test phones said at one moment of the call.
struct Snapshot {
  boost::json::value calls, connections;  ///< the API's answers
  std::optional<runtime::ConnectionView> caller_connection, phone_connection;
  std::optional<media::LegReport> caller_media, phone_media;
};

/// A media leg of the site that was seen while the call ran, this call's or another's: its packets authenticate under
/// its keys, or they are clear.
struct SeenLeg {
  std::string element;
  std::uint64_t media_leg = 0;
  NetAddress local, remote;
  friend auto operator<=>(const SeenLeg&, const SeenLeg&) = default;
};

struct TestCallResult {
  Snapshot waiting;  ///< in the queue: the edge's inside leg goes to the voice browser
  Snapshot talking;  ///< with the agent
  bool caller_tone_heard = false, agent_tone_heard = false;  ///< at the far end
};

/// A real call through a running site, from a test caller on a trunk to a test phone of an agent: the greeting is
/// heard, a digit sent, the queue entered, the agent made ready, the call answered, a tone sent both ways, and hung up.
class TestCall {
 public:
  static constexpr double caller_hz = 1004, agent_hz = 620;

  TestCall(TestCallPlan plan, const desktop::ControlClient& control, std::function<void(std::string_view)> progress);
  ~TestCall();

  /// Places the call and brings it up to both tones; finish() ends it. An error says at which step it stopped.
  Result<TestCallResult> run();
  /// Hangs up, takes the registration and the agent's state back. Also after an error.
  void finish();
  /// Every encrypted media leg of the site that was there while the call ran.
  [[nodiscard]] const std::set<SeenLeg>& seen_legs() const { return seen_legs_; }

 private:
  Result<> make_phones();
  Result<> sign_in();
  Result<> enter_queue();
  Result<> reach_agent();
  Result<bool> tone_heard(call::Phone& listener, double hz);
  Result<Snapshot> snapshot();
  void observe();
  Result<> set_agent(std::string_view state);
  std::optional<media::LegReport> report(call::Phone& phone);
  Result<> wait_for(std::string_view what, Duration limit, const std::function<bool()>& done);
  [[nodiscard]] std::string why_not(const call::Phone& phone) const;

  TestCallPlan plan_;
  const desktop::ControlClient& control_;
  std::function<void(std::string_view)> progress_;
  runtime::SignallingLoop loop_;
  runtime::MediaEngine media_;
  std::unique_ptr<call::Phone> caller_, phone_;
  std::set<SeenLeg> seen_legs_;
  runtime::LoopTimer observing_;
  bool agent_changed_ = false;
};

}  // namespace ringwall::cli
