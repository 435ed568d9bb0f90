#pragma once

#include <functional>
#include <set>
#include <string>
#include <unordered_map>

#include "call/element.h"
#include "sip/event/message_summary.h"
#include "sip/event/package.h"
#include "sip/event/publication.h"
#include "sip/registrar/registrar.h"

namespace ringwall::call_manager {

/// What a mailbox of a line holds. A site without voicemail has none: nothing is ever waiting.
using Mailboxes = std::function<sip::event::MessageSummary(const std::string& line)>;

/// Subscriptions to the lines of a site (RFC 6665): who is registered, who talks, who is there, what is waiting.
/// Phones of the site may watch the presence and the calls of every line, and the bindings and the mailbox of their
/// own; elements may watch all. Each NOTIFY holds the whole state.
class Watchers {
  static constexpr std::size_t most_of_one_peer = 512;  ///< a busy-lamp field and more; further ones get 503

 public:
  Watchers(call::Element& element, const sip::Registrar& registrar, const sip::event::Publications& publications);

  void set_mailboxes(Mailboxes mailboxes) { mailboxes_ = std::move(mailboxes); }

  void begin(const sip::IncomingSubscribe& subscribe, const policy::Admitted& peer);
  void refreshed(sip::SubscriptionId id);
  void ended(sip::SubscriptionId id);

  /// A phone whose connection is gone cannot be told of anything: its subscriptions end with it.
  void flow_closed(sip::FlowId flow);

  void registration_changed(const std::string& line);
  void calls_changed(const std::string& peer);  ///< a phone's name; others have no line
  /// The call has a leg to that peer, until unlist().
  void list(const std::string& peer, const call::LegOwner& call) { calls_[peer].insert(&call); }
  void unlist(const std::string& peer, const call::LegOwner& call);
  void presence_changed(const std::string& line) { changed(line, "presence"); }
  void mailbox_changed(const std::string& line) { changed(line, "message-summary"); }
  [[nodiscard]] std::size_t size() const { return watches_.size(); }

 private:
  struct Watch {
    const sip::event::Package* package = nullptr;
    std::string line, peer;
    sip::FlowId flow;  ///< a phone's; elements can be connected to
    std::uint32_t version = 0;
    Time quiet_until{};
    runtime::LoopTimer timer;  ///< runs while something is to be told at quiet_until
  };

  std::optional<policy::Refusal> objection(const sip::IncomingSubscribe& subscribe, const policy::Admitted& peer,
                                           const sip::event::Package& package, const std::string& line) const;
  void changed(const std::string& line, std::string_view package);
  void tell(sip::SubscriptionId id, Watch& watch);
  [[nodiscard]] std::string aor(const std::string& line) const;
  [[nodiscard]] std::string body(Watch& watch) const;
  [[nodiscard]] std::string dialogs(Watch& watch) const;
  [[nodiscard]] std::string bindings(Watch& watch) const;
  [[nodiscard]] std::string presence(const std::string& line) const;
  [[nodiscard]] std::vector<call::LegView> legs(const std::string& line) const;

  call::Element& element_;
  const sip::Registrar& registrar_;
  const sip::event::Publications& publications_;
  Mailboxes mailboxes_;
  std::unordered_map<sip::SubscriptionId, Watch> watches_;
  std::unordered_map<std::string, std::set<sip::SubscriptionId>> by_line_;
  std::unordered_map<std::string, std::size_t> of_peer_;
  std::unordered_map<sip::FlowId, std::set<sip::SubscriptionId>> by_flow_;
  std::unordered_map<std::string, std::set<const call::LegOwner*>> calls_;  ///< by peer
};

}  // namespace ringwall::call_manager
