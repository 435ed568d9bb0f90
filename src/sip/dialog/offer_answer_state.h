#pragma once

#include <cstdint>

namespace ringwall::sip {

/// Which session description means what in one dialog (RFC 3264, RFC 3261 section 13.2.1, RFC 3262 section 5, RFC 3311,
/// RFC 6337). At most one offer is open at a time, ours or the peer's:
///
///             we offer                          the peer offers
///    ours open <------------- nobody's -------------> theirs open
///        `--- answer, refusal ---^  ^--- answer, refusal ---'
///
///    offer in            answer in
///    INVITE              reliable 1xx or 2xx (an unreliable 1xx shows a preview of it)
///    reliable 1xx        PRACK                    when the INVITE held no offer
///    2xx to INVITE       ACK                      when the INVITE held no offer
///    PRACK               its 2xx
///    UPDATE              its 2xx
class OfferAnswerState {
 public:
  enum class Carrier : std::uint8_t {
    invite,
    unreliable_provisional,
    reliable_provisional,
    success,  ///< 2xx to an INVITE
    ack,
    prack,
    prack_success,
    update,
    update_success
  };
  /// What a description is to be taken for.
  enum class Meaning : std::uint8_t {
    none,  ///< there is none
    offer,
    answer,
    preview,   ///< of the answer that will come (RFC 3261 section 13.2.1)
    repeated,  ///< the answer was given before, or nobody asked: to be ignored
    conflict   ///< an offer while another one is open; nothing has changed
  };

  Meaning sent(Carrier carrier, bool with_description) { return pass(Party::us, carrier, with_description); }
  Meaning received(Carrier carrier, bool with_description) { return pass(Party::peer, carrier, with_description); }
  /// The request `carrier` (INVITE, PRACK or UPDATE) got a final response other than 2xx, or none: an offer in it, or
  /// in its provisional responses, is void.
  void refused(Carrier carrier);

  [[nodiscard]] bool is_settled() const { return open_ == Party::nobody; }
  [[nodiscard]] bool awaits_answer() const { return open_ == Party::us; }  ///< our offer has none yet
  [[nodiscard]] bool owes_answer() const { return open_ == Party::peer; }  ///< the peer's offer has none yet

 private:
  enum class Party : std::uint8_t { nobody, us, peer };

  Meaning pass(Party from, Carrier carrier, bool with_description);
  Meaning in_response(Party from, Carrier carrier);
  Meaning acknowledged(Party from, bool with_description);
  Meaning pracked(Party from, bool with_description);
  Meaning answered(Party from, Carrier request, bool with_description);
  Meaning offer(Party from, Carrier carrier);
  [[nodiscard]] bool is_open(Party by) const { return open_ != Party::nobody && open_ == by; }
  static Party other(Party party) { return party == Party::us ? Party::peer : Party::us; }
  static Carrier request_of(Carrier carrier);

  Party open_ = Party::nobody;
  Carrier carrier_ = Carrier::invite;  ///< of the open offer
  bool wants_offer_ = false;           ///< the INVITE under way held none: its called side offers
};

}  // namespace ringwall::sip
