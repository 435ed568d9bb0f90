#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "policy/site.h"
#include "sip/transport/locate.h"
#include "sip/transport/shares.h"

namespace ringwall::call {

enum class MemberState : std::uint8_t { unknown, reachable, unreachable, overloaded };
std::string_view print(MemberState state);  ///< "unknown", "reachable", ...

/// One address at which a member of a group can be reached. A member has several if its name leads to several servers,
/// or if its trunk has several targets.
struct Path {
  std::size_t member = 0;  ///< index in the configured group
  std::string target;      ///< the trunk or element that it must prove to be
  std::string host;        ///< what the Request-URI says
  unsigned rank = 0;       ///< among the member's own paths: all of a lower one come first
  sip::Share share;        ///< among those of one rank
  sip::Spot spot;
  [[nodiscard]] bool same_place(const Path& other) const { return target == other.target && spot == other.spot; }
};

/// Answer to a call or a heartbeat: the status, and how long its Retry-After asks to be left alone (0: not said).
struct MemberAnswer {
  int status = 0;
  std::chrono::seconds retry_after{0};
};
/// The seconds of a Retry-After value, "120 (in a meeting);duration=60", at most an hour; 0 if it says none.
std::chrono::seconds read_retry_after(std::string_view value);

/// The states of a server group's members, and which of them is next. Pure: time and randomness are arguments.
///
///   unknown ---any answer---> reachable ---failures in a row---> unreachable
///      ^                          |                                   |
///      |                    overload code                        any answer (or, without heartbeats, 30 s: unknown)
///      '--its rest is over-- overloaded <---- overload code ----------'
class ServerGroup {
 public:
  explicit ServerGroup(policy::ServerGroup configuration) : configuration_(std::move(configuration)) {}

  [[nodiscard]] const policy::ServerGroup& configuration() const { return configuration_; }
  /// The configuration was read again: states and counters stay.
  void configure(policy::ServerGroup configuration) { configuration_ = std::move(configuration); }
  /// Where the members are now. What was there before keeps its state and its counters.
  void set_paths(std::vector<Path> paths, Time now);

  /// Paths in the order in which a new call tries them: by the members' priority and weight, then by the member's own
  /// order (RFC 2782, RFC 3263); those that are overloaded after all others, and the unreachable ones last.
  [[nodiscard]] std::vector<Path> order(const std::function<std::uint64_t()>& random, Time now);

  void call_sent(const Path& path);
  void call_answered(const Path& path, MemberAnswer answer, Time now);
  void call_failed(const Path& path, const std::string& why, Time now);  ///< no answer at all
  /// Whether a call that was answered so, or not at all (`local`), may go to the next path (RFC 3263 section 4.3).
  [[nodiscard]] bool goes_on(int status, bool local) const;

  // Heartbeats: ask whom poll_heartbeat() says, and tell what became of it.
  [[nodiscard]] std::optional<Time> next_timer() const;
  void expire(Time now);  ///< what was not answered in time has failed
  std::optional<Path> poll_heartbeat(Time now);
  void heartbeat_answered(const Path& path, MemberAnswer answer, Time now);
  void heartbeat_failed(const Path& path, const std::string& why, Time now);

  /// A state that has changed, for the log and the event record.
  struct Change {
    Path path;
    MemberState from, to;
    std::string why;
  };
  std::optional<Change> poll_change();

  struct View {
    Path path;
    MemberState state;
    Time since;
    std::string last;   ///< "200", "408 no answer in 500 ms", "503 rests 30 s"
    unsigned failures;  ///< in a row
    std::uint64_t calls, calls_failed, heartbeats, heartbeats_failed;
  };
  [[nodiscard]] std::vector<View> view(Time now);

 private:
  struct Watched {
    Path path;
    MemberState state = MemberState::unknown;
    Time since{};
    Time rests_until{};                 ///< overloaded, or unreachable without heartbeats
    Time next_heartbeat{};              ///< not before
    std::optional<Time> asked_until{};  ///< a heartbeat is out
    std::string last;
    unsigned failures = 0;
    std::uint64_t calls = 0, calls_failed = 0, heartbeats = 0, heartbeats_failed = 0;
  };

  Watched* find(const Path& path);
  void answered(Watched& member, MemberAnswer answer, Time now);
  void failed(Watched& member, const std::string& why, Time now);
  void become(Watched& member, MemberState state, Time now);
  void rest_over(Watched& member, Time now);
  void plan_heartbeat(Watched& member, Time now);
  [[nodiscard]] bool is_overload(MemberAnswer answer) const;
  [[nodiscard]] std::vector<const Watched*> paths_of(std::size_t member,
                                                     const std::function<std::uint64_t()>& random) const;

  policy::ServerGroup configuration_;
  std::vector<Watched> members_;
  std::deque<Change> changes_;
};

}  // namespace ringwall::call
