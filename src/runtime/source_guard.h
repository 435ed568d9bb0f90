#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "base/time.h"

namespace ringwall::runtime {

/// What one source may do. A source is an IPv4 address, or the /64 of an IPv6 address: whoever has one address of it
/// has all of them.
struct SourceRules {
  std::size_t messages_per_second = limits::requests_per_source_per_second;
  std::size_t harms_per_second = limits::unknown_requests_per_source_per_second;  ///< refused or malformed messages
  std::size_t connects_per_second = limits::connects_per_source_per_second;  ///< more are closed; five times: blocked
  /// Requests begun within 64*T1, the life of a transaction (RFC 3261 section 17).
  std::size_t transactions = limits::transactions_per_source;
  std::size_t digest_failures_per_minute = limits::digest_failures_per_source;
  Duration block_time = limits::block_time;
  std::vector<std::string> never_blocked;  ///< addresses that no limit holds for (our own elements, load tests)
  std::vector<std::string> known;  ///< addresses of trunks: refused with 503 when they send too much, not blocked
};

/// What harm a message did.
enum class Harm : std::uint8_t {
  refused,         ///< from nobody who may send here
  malformed,       ///< no SIP, or not as its grammar wants it
  digest_failure,  ///< wrong credentials
};
std::string_view print(Harm harm);  ///< "refused requests", ...

struct BlockedSource {
  std::string source;  ///< "192.0.2.1", "2001:db8::/64"
  std::string reason;  ///< "refused requests", "too many messages", "too many connections", ...
  WallTime since{};
  std::chrono::seconds left{0};
  std::uint64_t dropped = 0;  ///< messages and connections since it was blocked
};

/// Tells sources that do harm from those that work, by what they do and never by what they call themselves. Pure: time
/// is an argument. Holds at most limits::sources_watched sources; the one that was silent for longest is forgotten.
///
///   unknown: blocked for block_time once it is over a limit
///   known (vouched for: a trunk, an element, a phone that proved who it is): over a rate, its new requests get 503
class SourceGuard {
 public:
  explicit SourceGuard(SourceRules rules) { set_rules(std::move(rules)); }
  /// Blocks stay, unless their source is never to be blocked.
  void set_rules(SourceRules rules);

  enum class Verdict : std::uint8_t {
    pass,
    overload,  ///< answer a new request with 503 (RFC 3261 section 21.5.4)
    drop,      ///< neither read nor answer it
  };
  Verdict message(std::string_view ip, bool request, Time now);
  /// False: close it at once.
  bool connect(std::string_view ip, Time now);
  [[nodiscard]] bool blocked(std::string_view ip, Time now);
  bool drops(std::string_view ip, Time now);  ///< the same, and counts what is dropped
  void report(std::string_view ip, Harm harm, Time now);
  /// The source has proved that it is a trunk, element or phone of this element.
  void vouch(std::string_view ip, Time now);
  /// Ends a block: an address, or a source as BlockedSource says it. False if there is none.
  bool unblock(std::string_view ip);

  /// A source that has just been blocked, each once: its connections are to be closed.
  std::optional<BlockedSource> poll_blocked();
  [[nodiscard]] std::vector<BlockedSource> list_blocked(Time now) const;
  /// Counts that a limit was hit: its own, and those of the connections.
  void note(std::string_view limit);
  /// How often each limit was hit, by its name.
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& hits() const { return hits_; }
  [[nodiscard]] bool any_blocked() const { return blocked_count_ != 0; }

 private:
  /// Counts within a window that begins with the first event after the last one ended.
  struct Window {
    Time began{};
    std::size_t count = 0;
    std::size_t add(Time now, Duration length);
  };
  struct Source {
    std::string key;
    bool exempt = false, known_address = false;
    Time known_until{};
    Window messages, harms, connects, transactions, digest_failures;
    Time blocked_until{};
    bool is_blocked = false;
    WallTime since{};
    std::string reason;
    std::uint64_t dropped = 0;
  };
  using Sources = std::list<Source>;  ///< the one heard last stands first

  Source& source_of(std::string_view ip);
  void classify(Source& source) const;
  bool still_blocked(Source& source, Time now);
  void block(Source& source, std::string reason, Time now);
  void release(Source& source);
  [[nodiscard]] static bool known(const Source& source, Time now) {
    return source.known_address || source.known_until > now;
  }

  SourceRules rules_;
  std::set<std::string, std::less<>> never_blocked_, known_;
  Sources sources_;
  std::unordered_map<std::string_view, Sources::iterator> by_key_;  ///< views of Source::key
  std::size_t blocked_count_ = 0;
  std::deque<BlockedSource> fresh_;
  std::map<std::string, std::uint64_t, std::less<>> hits_;
};

}  // namespace ringwall::runtime
