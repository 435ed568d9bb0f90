#pragma once

#include <memory>
#include <string>
#include <vector>

#include "call/user_agent.h"

namespace ringwall::call {

/// One target of a call that rings several.
struct ForkTarget {
  std::string peer;  ///< for logs: phone, element or trunk
  std::string request_uri;
  sip::Route route;
  std::string path;  ///< Route header: the proxies on the way (RFC 3327)
  int q = 1000;  ///< preference in thousandths (RFC 3261 section 20.10): equal ones ring together, higher ones first
};

/// Rings the targets of one call, those of equal preference at once and one group after the other, until somebody
/// answers or all have refused (RFC 3261 sections 16.6 and 16.7, with this user agent in the place of the proxy).
///
///   ringing group 1 --all refused--> ringing group 2 --...--> best refusal
///         |  `-- 6xx: nobody else is rung ------------------------^
///         `-- first 2xx: the others get CANCEL (or BYE) with "SIP;cause=200" as Reason
///
/// The owner of the call owns every leg, and asks the fork about each event of a leg before it is connected.
class Fork {
 public:
  /// `invite` holds what all INVITEs have in common; route and Request-URI are the targets'. At most
  /// limits::fork_targets are rung; the rest is left out.
  Fork(UserAgent& agent, std::weak_ptr<LegOwner> owner, sip::Outgoing invite, std::vector<ForkTarget> targets);

  /// Rings the next group. False: there is none left.
  bool ring_next();
  /// The leg is one of the fork's, not yet refused.
  [[nodiscard]] bool holds(sip::LegId leg) const;
  [[nodiscard]] const ForkTarget* target_of(sip::LegId leg) const;
  [[nodiscard]] std::vector<sip::LegId> legs() const;

  /// This leg has answered: all others are let go.
  void choose(sip::LegId leg);
  /// A leg was refused or lost. True: the call goes on with others (perhaps of the next group). False: that was the
  /// last one, and best() is the answer.
  bool refused(const sip::Refused& refused);
  /// All legs are let go: the caller has gone. `headers` may say why.
  void cancel(const sip::Headers& headers);
  /// The refusal that the caller is to get (section 16.7 step 6), with all challenges if it is one.
  [[nodiscard]] const sip::Answer& best() const { return best_; }

 private:
  struct Branch {
    sip::LegId leg;
    std::size_t target;
  };
  void let_go(sip::LegId leg, const sip::Headers& headers);
  void note(const sip::Refused& refused);

  UserAgent& agent_;
  std::weak_ptr<LegOwner> owner_;
  sip::Outgoing invite_;
  std::vector<ForkTarget> targets_;  ///< highest preference first
  std::size_t next_ = 0;             ///< of targets_: not rung yet
  std::vector<Branch> branches_;     ///< rung and not refused
  sip::Answer best_{.status = 480};
  bool has_best_ = false;
  bool closed_ = false;  ///< nobody else is rung
};

/// Whether a refusal is better for the caller than another one (section 16.7 step 6): 6xx first, then the lowest class,
/// within 4xx those that the caller can do something about (401, 407, 415, 420, 484).
bool is_better_refusal(int status, int than);

}  // namespace ringwall::call
