#include "sip/dialog/offer_answer_state.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;
using Meaning = OfferAnswerState::Meaning;

// One message: "+" is ours, "-" the peer's; a capital letter has a description.
//   i INVITE   u unreliable 1xx   r reliable 1xx   s 2xx   a ACK   p PRACK   q its 2xx   d UPDATE   e its 2xx
//   !i !p !d   INVITE, PRACK or UPDATE was refused
struct Case {
  std::string_view what;
  std::vector<std::string_view> messages;
  std::vector<Meaning> meanings;
  bool settled;
};

Carrier carrier(char letter) {
  static constexpr std::string_view letters = "iursapqde";
  return static_cast<Carrier>(letters.find(static_cast<char>(letter | 0x20)));
}

using enum OfferAnswerState::Meaning;
const Case cases[] = {
    {"offer in INVITE, answer in 2xx", {"+I", "-S", "+a"}, {offer, answer, none}, true},
    {"a preview binds nobody", {"+I", "-U", "-U", "-S"}, {offer, preview, preview, answer}, true},
    {"answer in a reliable response", {"+I", "-R", "+p", "-q", "-S"}, {offer, answer, none, none, repeated}, true},
    {"offer in 2xx, answer in ACK", {"+i", "-S", "+A"}, {none, offer, answer}, true},
    {"no preview of an offer", {"+i", "-U"}, {none, repeated}, true},
    {"offer in a reliable response, answer in PRACK",
     {"-i", "+R", "-P", "+q", "+s"},
     {none, offer, answer, none, none},
     true},
    {"a PRACK without the answer lets the 2xx offer",
     {"-i", "+R", "-p", "+S", "-A"},
     {none, offer, none, offer, answer},
     true},
    {"an ACK without the answer ends it", {"+i", "-S", "+a"}, {none, offer, none}, true},
    {"a 2xx without the answer, too", {"+I", "-s", "+a"}, {offer, none, none}, true},
    {"offer in PRACK", {"+I", "-R", "+P", "-Q"}, {offer, answer, offer, answer}, true},
    {"an offer in PRACK before the answer", {"+I", "-r", "+P"}, {offer, none, conflict}, false},
    {"an offer in PRACK where the called side has to offer",
     {"-i", "+r", "-P", "+S"},
     {none, none, conflict, offer},
     false},
    {"UPDATE after the early answer", {"-I", "+R", "-p", "-D", "+E"}, {offer, answer, none, offer, answer}, true},
    {"UPDATE before it", {"-I", "-D"}, {offer, conflict}, false},
    {"UPDATEs that cross", {"+D", "-D"}, {offer, conflict}, false},
    {"a refused UPDATE leaves nothing", {"+D", "!d", "-D", "+E"}, {offer, none, offer, answer}, true},
    {"a 2xx to UPDATE without the answer", {"+D", "-e"}, {offer, none}, true},
    {"the refusal of another request changes nothing", {"+I", "!d", "!p"}, {offer, none, none}, false},
    {"a refused INVITE leaves nothing", {"+I", "!i"}, {offer, none}, true},
    {"nor an offer in its responses", {"-i", "+R", "!i"}, {none, offer, none}, true},
    {"a refused PRACK", {"+I", "-R", "+P", "!p"}, {offer, answer, offer, none}, true},
    {"a description that nobody asked for", {"+I", "-S", "+A", "-R"}, {offer, answer, repeated, repeated}, true},
    {"who offers does not answer", {"+I", "+S"}, {offer, repeated}, false},
    {"re-INVITE without offer while an UPDATE waits", {"+D", "-i", "+S"}, {offer, none, repeated}, false},
};

TEST(OfferAnswerState, Table) {
  for (const Case& one : cases) {
    OfferAnswerState state;
    for (std::size_t i = 0; i < one.messages.size(); ++i) {
      const std::string_view message = one.messages[i];
      const bool described = message[1] >= 'A' && message[1] <= 'Z';
      Meaning meaning = none;
      if (message[0] == '!') {
        state.refused(carrier(message[1]));
      } else {
        meaning = message[0] == '+' ? state.sent(carrier(message[1]), described)
                                    : state.received(carrier(message[1]), described);
      }
      EXPECT_EQ(meaning, one.meanings[i]) << one.what << ": message " << i;
    }
    EXPECT_EQ(state.is_settled(), one.settled) << one.what;
  }
}

TEST(OfferAnswerState, TellsWhoIsToAnswer) {
  OfferAnswerState state;
  (void)state.sent(Carrier::invite, true);
  EXPECT_TRUE(state.awaits_answer());
  EXPECT_FALSE(state.owes_answer());
  (void)state.received(Carrier::success, true);
  (void)state.received(Carrier::update, true);
  EXPECT_FALSE(state.awaits_answer());
  EXPECT_TRUE(state.owes_answer());
}

}  // namespace
}  // namespace ringwall::sip
