#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sip/dialog/dialog.h"
#include "sip/endpoint/endpoint.h"
#include "sip/transaction/client_table.h"
#include "sip/transaction/timing.h"

namespace ringwall::sip {

/// NOTIFYs of one subscription that wait for the answer to the one before. Of more, the oldest is left out: packages
/// with partial states number them, so that a watcher sees the gap and asks again.
inline constexpr std::size_t most_waiting_notifications = 16;

/// How long an implicit subscription of a REFER lives without a refresh: longer than a phone rings.
inline constexpr std::chrono::seconds refer_lifetime{180};

struct DialogPath;
struct SubscriptionDialog;

/// What is to be told in one NOTIFY.
struct Notification {
  SubscriptionState state;
  Body body;
  Headers headers;
};

/// One subscription in one dialog, on either side (RFC 6665).
///
///   notifier:    offered -- accept_subscription() --> active -- notify(terminated), its time, a refusal --> gone
///   subscriber:  asked -- NOTIFY --> active -- unsubscribe() --> leaving -- NOTIFY (terminated) --> gone
///                  `------------- timer N --------------> gone <----- timer N -----'
struct Subscription {
  enum class Side : std::uint8_t { notifier, subscriber };
  enum class State : std::uint8_t { offered, asked, active, leaving };

  std::uint64_t number = 0;  ///< its own: timers, and the transactions that work for it, name it by this
  SubscriptionId id;         ///< the application's; the dialogs of a forked SUBSCRIBE share it
  Side side = Side::notifier;
  State state = State::offered;
  std::string package;
  std::string event_id;     ///< of Event; for a REFER the number of its CSeq
  bool bare_event = false;  ///< the first REFER of its dialog: the id may be left out (RFC 3515 section 2.4.6)
  LegId leg;                ///< inside a call's dialog; else `own`
  std::shared_ptr<SubscriptionDialog> own;
  Time ends = never;          ///< the time that was granted is over
  TransactionId under_way{};  ///< our NOTIFY or SUBSCRIBE without final answer; offered: the peer's SUBSCRIBE
  TimerSlot slot;

  // Notifier
  std::chrono::seconds asked{};    ///< by the SUBSCRIBE that waits for an answer
  std::chrono::seconds longest{};  ///< what the application grants
  bool fetch = false;              ///< Expires was 0: the next NOTIFY is the last
  bool closed = false;             ///< the last NOTIFY is on its way
  std::deque<Notification> waiting;

  // Subscriber
  std::chrono::seconds wanted{};
  Time refresh = never;
  Time notify_by = never;    ///< timer N (section 4.1.2.4)
  Time forks_until = never;  ///< NOTIFYs from other forks are taken
  bool retried = false;      ///< after a 423
  Headers headers;           ///< of each SUBSCRIBE: Accept, ...

  [[nodiscard]] Time next_timer() const;
  /// Whether an Event header names this subscription.
  [[nodiscard]] bool matches(Side which, std::string_view package_name, std::string_view id_parameter) const;
  [[nodiscard]] std::string event() const;  ///< the value of Event
};

/// All subscriptions of an endpoint, and the dialogs that are theirs alone.
class SubscriptionTable {
 public:
  Subscription& add(std::uint64_t number, SubscriptionId id);
  [[nodiscard]] Subscription* find(std::uint64_t number);
  /// Of several forks, any one.
  [[nodiscard]] Subscription* find(SubscriptionId id);
  [[nodiscard]] std::vector<Subscription*> all(SubscriptionId id);
  void erase(std::uint64_t number);
  [[nodiscard]] std::size_t size() const { return by_number_.size(); }

  /// The dialog is found by its local tag from now on, until the last of its subscriptions has gone.
  void add(SubscriptionDialog& dialog);
  void erase(SubscriptionDialog& dialog);
  [[nodiscard]] SubscriptionDialog* find_dialog(std::uint64_t number);
  [[nodiscard]] std::vector<SubscriptionDialog*> dialogs(std::string_view local_tag);

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<Subscription>> by_number_;
  std::unordered_multimap<SubscriptionId, Subscription*> by_id_;
  std::unordered_map<std::uint64_t, SubscriptionDialog*> dialogs_;
  std::unordered_multimap<std::string, SubscriptionDialog*> by_tag_;
};

/// What a refusal of a request in a dialog does (RFC 5057 section 5.1; RFC 6665 sections 4.1.2.2 and 4.2.2).
enum class Harm : std::uint8_t { none, usage, dialog };
Harm harm_of(int status);

}  // namespace ringwall::sip
