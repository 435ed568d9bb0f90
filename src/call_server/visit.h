#pragma once

#include <memory>
#include <optional>
#include <string>

#include "call/identity.h"
#include "call/leg_pair.h"
#include "call_server/call_server.h"

namespace ringwall::call_server {

/// One caller's visit: the caller's leg (from the edge) for as long as it lasts, and the legs that the caller is
/// connected to one after another.
///
///   greeting  --(script ends, choice)-->  queueing  --(agent answers)-->  talking
///   caller offers, voice browser answers   each further party offers, the edge answers by re-INVITE (RFC 3725 flow I)
class Visit final : public call::LegOwner, public std::enable_shared_from_this<Visit> {
 public:
  static void start(CallServer& server, const sip::IncomingInvite& invite, const std::string& peer,
                    const policy::Service& service);

  /// The router reserved an agent: ring the agent's line.
  void deliver(const router::Reserve& reserve);
  /// The router gave the reservation up.
  void stop_ringing(std::string_view reason);

  void on(const sip::Progress& progress) override;
  void on(const sip::Answered& answered) override;
  void on(const sip::Refused& refused) override;
  void on(const sip::Reinvited& reinvited) override;
  void on(const sip::Acked& acked) override;
  void on(const sip::Ended& ended) override;
  void on(const sip::IncomingRequest& request) override;
  void hang_up(std::string_view reason) override;
  void describe(std::vector<call::LegView>& out) const override;

 private:
  enum class Stage : std::uint8_t { greeting, queueing, talking, over };

  /// A party whose 2xx held an offer that the caller's side has yet to answer.
  struct Connecting {
    sip::LegId party;
    std::string offer;
    bool sent = false;  ///< the re-INVITE to the caller is out
  };

  Visit(CallServer& server, const sip::IncomingInvite& invite, const std::string& peer, const policy::Service& service);
  Result<sip::LegId> invite_voice_browser(const std::string& script, sip::Body body);
  Result<sip::LegId> try_voice_browser();  ///< the next one of its group
  [[nodiscard]] bool try_call_manager();
  /// A leg out was refused: true if another member of its group has been invited instead.
  [[nodiscard]] bool tries_next(const sip::Refused& refused);
  void greeting_ended(const sip::Ended& ended);
  void enter_queue();
  void connect(sip::LegId party, std::string offer);
  void send_connect();
  void connected(const sip::Answered& caller_answered);
  void party_connected(sip::LegId party);
  void agent_leg_failed(std::string_view why, bool no_answer);
  void release(sip::LegId& leg);
  void leave_router();
  void finish(std::string_view reason);
  [[nodiscard]] call::LegView view(sip::LegId leg, const std::string& peer, bool outgoing) const;

  CallServer& server_;
  std::string interaction_, number_, from_;
  sip::Headers onward_;            ///< of every INVITE for this visit
  call::CallerIdentity identity_;  ///< for the agents' side: who calls, and who was called so far
  std::string peer_;               ///< the element that brought the caller
  policy::Service service_;
  Stage stage_ = Stage::greeting;
  sip::LegId caller_, browser_, agent_leg_;
  std::string agent_, line_, script_;
  call::Tries browser_tries_, agent_tries_;
  sip::Body browser_body_;  ///< of the INVITE to the voice browser, for each that is tried
  bool accepted_ = false;   ///< the caller's INVITE has its 200
  bool queued_ = false;     ///< the router knows the interaction
  std::optional<Connecting> connecting_, next_;
  call::LegPair talk_;
  WallTime began_;
  std::optional<WallTime> connected_;
  runtime::LoopTimer ring_timer_;
};

}  // namespace ringwall::call_server
