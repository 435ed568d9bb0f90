#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "call/server_group.h"
#include "sip/endpoint/endpoint.h"

namespace ringwall::call {

/// How long a path may say nothing to an INVITE while there are others to try.
inline constexpr Duration patience = std::chrono::seconds(4);

/// The tries of one outgoing call: one path of a group after the other, until one answers (RFC 3263 section 4.3).
///
///   while (const Path* path = tries.next()) { invite it; ... Refused: if (!tries.failed(refused, now)) give up }
///
/// Once a provisional answer of 101 to 199 has come the call is with that path for good: somebody may be ringing.
class Tries {
 public:
  Tries() = default;
  /// `noted` is called after each result, so that whoever watches the group sees the change at once.
  Tries(std::shared_ptr<ServerGroup> group, std::vector<Path> paths, std::function<void()> noted)
      : group_(std::move(group)), paths_(std::move(paths)), noted_(std::move(noted)) {}

  /// The next path to try, counted as a call of it; null: none is left. Valid until the following next().
  const Path* next();
  /// The path that is being tried; null before the first.
  [[nodiscard]] const Path* current() const { return at_ == 0 ? nullptr : &paths_[at_ - 1]; }
  /// Whether another path is left after the current one: then expect_answer() within `patience` is wise.
  [[nodiscard]] bool more() const { return at_ < paths_.size(); }

  void progressed() { settled_ = true; }  ///< 101-199
  void answered(int status, Time now);    ///< 2xx
  /// A refusal of the path's INVITE. True: the next path may be tried.
  bool failed(const sip::Refused& refused, Time now);

 private:
  void count(const char* what) const;

  std::shared_ptr<ServerGroup> group_;
  std::vector<Path> paths_;
  std::function<void()> noted_;
  std::size_t at_ = 0;
  bool settled_ = false;
};

/// Where a request that takes this path is sent.
sip::Route route_of(const Path& path);

}  // namespace ringwall::call
