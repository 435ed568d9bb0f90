#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "media/ice/ice_pair.h"
#include "media/ice/stun_writer.h"
#include "media/types.h"

namespace ringwall::media {

/// What an agent is born with.
struct IceAgentOptions {
  PacketAddress rtp, rtcp;                   ///< where our sockets are bound: one host candidate for each component
  bool rtcp_mux = false;                     ///< then component 1 is all
  std::uint64_t tie_breaker;                 ///< random (RFC 8445 section 16.1)
  std::function<void(MutableBytes)> random;  ///< unpredictable bytes: transaction ids (RFC 7675 section 5.1)
};

/// ICE for one audio stream (RFC 8445), full or lite, sans I/O:
///
///   peer --STUN--> receive --> answer; full: triggered check --> valid pair --> nominated --> selected
///   expire --> ordinary checks every Ta; retransmissions; consent (RFC 7675)
///   poll_transmit <-- messages to send                poll_event <-- selected, failed, consent lost
///
/// Nobody but who has the credentials of the exchange moves anything: a message whose integrity is not right changes
/// nothing, is not answered, and is counted.
class IceAgent {
 public:
  IceAgent(IceAgentOptions options, const IceParameters& parameters, Time now);

  /// New credentials of either side: everything is checked anew, and the path in use goes on being used until another
  /// is chosen or its consent ends (RFC 8445 section 9). With the same credentials: adds the candidates that are new.
  void configure(const IceParameters& parameters, bool rtcp_mux, Time now);
  /// One more place of the peer, learnt later (RFC 8840). Others than UDP ones and those beyond limits::ice_pairs are
  /// left out.
  void add_candidate(const IceCandidate& candidate, Time now);

  /// A datagram that looks_like_stun().
  void receive(Bytes datagram, const PacketAddress& from, std::uint16_t component, Time now);
  void expire(Time now);
  /// When expire() has something to do.
  [[nodiscard]] Time next_timer() const;

  struct Transmit {
    std::uint16_t component = 1;
    PacketAddress to;
    stun::Writer message;
  };
  [[nodiscard]] bool has_transmit() const { return !transmits_.empty(); }
  std::optional<Transmit> poll_transmit();

  enum class Event : std::uint8_t { selected, failed, consent_lost };
  std::optional<Event> poll_event();

  /// Where this component's media goes: the nominated pair while there is consent, else nothing. A full agent uses the
  /// best valid pair before one is nominated (RFC 8445 section 12.1).
  [[nodiscard]] std::optional<PacketAddress> target(std::uint16_t component) const;
  /// Whether the peer has proved to be at this address: media from elsewhere is not its.
  [[nodiscard]] bool is_valid_source(const PacketAddress& from, std::uint16_t component) const;
  /// Every component has had its pair for five seconds: the peer is not likely to choose another.
  [[nodiscard]] bool settled(Time now) const;
  [[nodiscard]] bool controlling() const { return controlling_; }
  [[nodiscard]] const std::string& local_ufrag() const { return parameters_.local_ufrag; }

  struct Counts {
    std::uint64_t refused = 0;   ///< no STUN, no or wrong integrity, unknown transaction, unknown user
    std::uint64_t answered = 0;  ///< requests
    std::uint64_t limited = 0;   ///< left unanswered, as a limit was reached
    std::uint64_t role_conflicts = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<IcePair>& pairs() const { return pairs_; }

 private:
  // ice_agent.cc
  void start(const IceParameters& parameters, Time now);
  IcePair* add_pair(IcePair pair);
  bool make_room();
  void sort_pairs();
  void thaw();
  [[nodiscard]] std::uint16_t components() const { return options_.rtcp_mux ? 1 : 2; }
  IcePair* find(std::uint16_t component, const PacketAddress& remote);
  void note(Event event);
  bool queue(std::uint16_t component, const PacketAddress& to, const stun::Writer& message);

  // ice_requests.cc: what the peer asks
  void receive_request(const stun::Message& message, const PacketAddress& from, std::uint16_t component, Time now);
  bool may_answer(Time now);
  bool is_copy(const stun::Message& message, const PacketAddress& from);
  bool settle_role(const stun::Message& message, const PacketAddress& from, std::uint16_t component);
  void answer(const stun::Message& message, const PacketAddress& from, std::uint16_t component);
  void refuse(const stun::Message& message, const PacketAddress& from, std::uint16_t component, std::uint16_t code,
              std::string_view reason);
  IcePair* learn_pair(const stun::Message& message, const PacketAddress& from, std::uint16_t component, Time now);
  void nominated_by_peer(IcePair& pair, Time now);

  // ice_checks.cc: what we ask
  void receive_response(const stun::Message& message, const PacketAddress& from, std::uint16_t component, Time now);
  void succeed(IcePair& pair, Time now);
  void conflict(IcePair& pair);
  void switch_role(bool controlling);
  void begin_check(IcePair& pair, Time now);
  bool send_check(std::uint16_t component, const PacketAddress& to, const stun::TransactionId& transaction,
                  bool nominate);
  stun::TransactionId new_transaction();
  void check_next(Time now);
  void repeat_checks(Time now);
  void nominate_best(Time now);
  void give_up(Time now);
  [[nodiscard]] std::size_t under_way() const;

  // ice_consent.cc: what goes on afterwards
  void choose(IcePair& pair, Time now);
  void check_consent(Time now);
  void lose_consent();
  bool receive_consent(const stun::Message& message, const PacketAddress& from, std::uint16_t component, Time now);

  /// The path in use of one component; it outlives a restart.
  struct Selected {
    PacketAddress remote;
    std::uint64_t priority = 0;
    Time until{};                                ///< consent ends
    Time next_check{};                           ///< full agents ask again
    std::array<stun::TransactionId, 8> asked{};  ///< the newest requests: any answer counts
    std::size_t asked_count = 0;
    bool peer_moves_on = false;  ///< its last check of this path was no nomination
  };

  struct Seen {
    stun::TransactionId transaction{};
    PacketAddress from;
  };

  IceAgentOptions options_;
  IceParameters parameters_;
  bool controlling_ = false;
  std::vector<IcePair> pairs_;  // best first
  std::array<std::optional<Selected>, 2> selected_;
  std::array<Seen, 32> seen_{};  // the newest requests: a copy from elsewhere is not the peer's
  std::size_t seen_next_ = 0;
  std::deque<Transmit> transmits_;
  std::deque<Event> events_;
  Counts counts_;
  Time started_{}, next_check_{}, settled_since_{};
  std::optional<Time> valid_since_;
  bool done_ = false;    // every component has a nominated pair
  bool failed_ = false;  // said so
  bool silent_ = false;  // consent ended: no check is sent before a restart (RFC 7675 section 5.1)
  Time answers_from_{};  // the second that answers_ counts
  std::size_t answers_ = 0;
};

}  // namespace ringwall::media
