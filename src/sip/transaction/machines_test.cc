#include <gmock/gmock.h>

#include "sip/transaction/client_invite.h"
#include "sip/transaction/client_non_invite.h"
#include "sip/transaction/server_invite.h"
#include "sip/transaction/server_non_invite.h"

namespace ringwall::sip {

static bool operator==(const Step& a, const Step& b) {
  return a.transmit == b.transmit && a.acknowledge == b.acknowledge && a.deliver == b.deliver && a.failed == b.failed &&
         a.trying == b.trying;
}
static void PrintTo(const Step& step, std::ostream* out) {
  *out << (step.transmit ? "transmit " : "") << (step.acknowledge ? "acknowledge " : "")
       << (step.deliver ? "deliver " : "") << (step.failed ? "failed" : "");
}

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr Time start{1000s};
constexpr Step nothing{};
constexpr Step transmit{.transmit = true};
constexpr Step deliver{.deliver = true};
constexpr Step failed{.failed = true};

Timing udp() {
  return {500ms, 4s, 5s, false};
}
Timing tls() {
  return {500ms, 4s, 5s, true};
}

// Lets every timer fire at its own time and notes when something was sent, in milliseconds since `start`.
template <class Machine>
std::vector<long> transmissions(Machine& machine, Duration limit = 1h) {
  std::vector<long> out;
  while (!machine.terminated() && machine.next_timer() <= start + limit) {
    const Time now = machine.next_timer();
    if (machine.expire(now).transmit) out.push_back((now - start) / 1ms);
  }
  return out;
}

// --- INVITE client transaction

TEST(ClientInviteTest, TimerADoublesUntilTimerB) {
  ClientInvite machine(udp(), start);
  EXPECT_THAT(transmissions(machine, 31'999ms), ElementsAre(500, 1500, 3500, 7500, 15500, 31500));
  EXPECT_EQ(machine.next_timer(), start + 32s);
  EXPECT_EQ(machine.expire(start + 32s), failed);
  EXPECT_TRUE(machine.terminated());
}

TEST(ClientInviteTest, NoTimerAOnReliableTransport) {
  ClientInvite machine(tls(), start);
  EXPECT_EQ(machine.next_timer(), start + 32s);
  EXPECT_EQ(machine.expire(start + 31s), nothing);
  EXPECT_EQ(machine.expire(start + 32s), failed);
}

TEST(ClientInviteTest, ProvisionalStopsTimersAAndB) {
  ClientInvite machine(udp(), start);
  EXPECT_EQ(machine.receive(100, start), deliver);
  EXPECT_EQ(machine.receive(180, start), deliver);
  EXPECT_EQ(machine.state(), ClientInvite::State::proceeding);
  EXPECT_EQ(machine.next_timer(), never);
}

TEST(ClientInviteTest, FailureIsAcknowledgedEachTimeUntilTimerD) {
  ClientInvite machine(udp(), start);
  EXPECT_EQ(machine.receive(486, start), (Step{.acknowledge = true, .deliver = true}));
  EXPECT_EQ(machine.receive(486, start + 1s), (Step{.acknowledge = true}));
  EXPECT_EQ(machine.receive(200, start + 1s), nothing);
  EXPECT_EQ(machine.receive(180, start + 1s), nothing);
  EXPECT_EQ(machine.next_timer(), start + 32s);
  EXPECT_EQ(machine.expire(start + 32s), nothing);
  EXPECT_TRUE(machine.terminated());
}

TEST(ClientInviteTest, TimerDIsZeroOnReliableTransport) {
  ClientInvite machine(tls(), start);
  EXPECT_EQ(machine.receive(486, start), (Step{.acknowledge = true, .deliver = true}));
  EXPECT_TRUE(machine.terminated());
}

TEST(ClientInviteTest, AcceptedDeliversEach2xxUntilTimerM) {
  for (const Timing& timing : {udp(), tls()}) {
    ClientInvite machine(timing, start);
    machine.receive(180, start);
    EXPECT_EQ(machine.receive(200, start + 1s), deliver);
    EXPECT_EQ(machine.receive(200, start + 2s), deliver);
    EXPECT_EQ(machine.receive(486, start + 2s), nothing);
    EXPECT_EQ(machine.transport_failed(), nothing);
    EXPECT_EQ(machine.state(), ClientInvite::State::accepted);
    EXPECT_EQ(machine.next_timer(), start + 33s);
    EXPECT_EQ(machine.expire(start + 33s), nothing);
    EXPECT_TRUE(machine.terminated());
  }
}

TEST(ClientInviteTest, TransportErrorIsTold) {
  ClientInvite machine(udp(), start);
  EXPECT_EQ(machine.transport_failed(), failed);
  EXPECT_TRUE(machine.terminated());
  EXPECT_EQ(machine.transport_failed(), nothing);
}

TEST(ClientInviteTest, GivesUpAfterACancel) {
  ClientInvite machine(tls(), start);
  machine.receive(180, start);
  machine.give_up(start);
  EXPECT_EQ(machine.receive(183, start + 1s), deliver);  // changes nothing
  EXPECT_EQ(machine.expire(start + 31s), nothing);
  EXPECT_EQ(machine.expire(start + 32s), failed);
}

// --- non-INVITE client transaction

TEST(ClientNonInviteTest, TimerEDoublesToT2UntilTimerF) {
  ClientNonInvite machine(udp(), start);
  EXPECT_THAT(transmissions(machine, 31'999ms),
              ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
  EXPECT_EQ(machine.expire(start + 32s), failed);
}

TEST(ClientNonInviteTest, TimerEIsT2OnceProceeding) {
  ClientNonInvite machine(udp(), start);
  EXPECT_EQ(machine.receive(100, start + 100ms), deliver);
  EXPECT_THAT(transmissions(machine, 10s), ElementsAre(500, 4500, 8500));
  EXPECT_EQ(machine.expire(start + 32s), failed);
}

TEST(ClientNonInviteTest, TimerKAbsorbsCopies) {
  ClientNonInvite machine(udp(), start);
  EXPECT_EQ(machine.receive(200, start), deliver);
  EXPECT_EQ(machine.receive(200, start), nothing);
  EXPECT_EQ(machine.next_timer(), start + 5s);
  EXPECT_EQ(machine.expire(start + 5s), nothing);
  EXPECT_TRUE(machine.terminated());
}

TEST(ClientNonInviteTest, ReliableTransportHasNeitherENorK) {
  ClientNonInvite machine(tls(), start);
  EXPECT_EQ(machine.next_timer(), start + 32s);
  EXPECT_EQ(machine.receive(404, start), deliver);
  EXPECT_TRUE(machine.terminated());
}

TEST(ClientNonInviteTest, TransportErrorIsToldOnce) {
  ClientNonInvite machine(udp(), start);
  machine.receive(200, start);
  EXPECT_EQ(machine.transport_failed(), nothing);
  ClientNonInvite waiting(udp(), start);
  EXPECT_EQ(waiting.transport_failed(), failed);
}

// --- INVITE server transaction

TEST(ServerInviteTest, RepeatsTheLastProvisional) {
  ServerInvite machine(udp());
  EXPECT_EQ(machine.next_timer(), never);
  EXPECT_EQ(machine.respond(180, start), transmit);
  EXPECT_EQ(machine.receive_invite(), transmit);
  EXPECT_FALSE(machine.answered());
}

TEST(ServerInviteTest, SendsThePromised100WhereNothingElseWasSent) {
  ServerInvite late(udp());
  late.promise_trying(start + 150ms);
  EXPECT_EQ(late.next_timer(), start + 150ms);
  EXPECT_EQ(late.expire(start + 149ms), nothing);
  EXPECT_TRUE(late.expire(start + 150ms).trying);
  EXPECT_EQ(late.next_timer(), never);

  ServerInvite repeated(udp());
  repeated.promise_trying(start + 150ms);
  EXPECT_TRUE(repeated.receive_invite().trying);
  EXPECT_EQ(repeated.receive_invite(), transmit);

  ServerInvite answered(udp());
  answered.promise_trying(start + 150ms);
  EXPECT_EQ(answered.respond(180, start), transmit);
  EXPECT_EQ(answered.next_timer(), never);
}

TEST(ServerInviteTest, TimerGRepeatsAFailureUntilTimerH) {
  ServerInvite machine(udp());
  EXPECT_EQ(machine.respond(486, start), transmit);
  EXPECT_EQ(machine.receive_invite(), transmit);
  EXPECT_THAT(transmissions(machine, 31'999ms),
              ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
  EXPECT_EQ(machine.expire(start + 32s), failed);
  EXPECT_TRUE(machine.terminated());
}

TEST(ServerInviteTest, AckStopsTimerGAndTimerIAbsorbsMore) {
  ServerInvite machine(udp());
  machine.respond(486, start);
  EXPECT_EQ(machine.receive_ack(start + 1s), nothing);
  EXPECT_EQ(machine.state(), ServerInvite::State::confirmed);
  EXPECT_EQ(machine.receive_invite(), nothing);
  EXPECT_EQ(machine.next_timer(), start + 6s);
  EXPECT_EQ(machine.expire(start + 6s), nothing);
  EXPECT_TRUE(machine.terminated());
}

TEST(ServerInviteTest, ReliableTransportHasNeitherGNorI) {
  ServerInvite machine(tls());
  machine.respond(486, start);
  EXPECT_EQ(machine.next_timer(), start + 32s);  // timer H stays
  machine.receive_ack(start + 1s);
  EXPECT_TRUE(machine.terminated());
}

TEST(ServerInviteTest, AcceptedAbsorbsTheInviteUntilTimerL) {
  for (const Timing& timing : {udp(), tls()}) {
    ServerInvite machine(timing);
    EXPECT_EQ(machine.respond(200, start), transmit);
    EXPECT_EQ(machine.receive_invite(), nothing);
    EXPECT_EQ(machine.receive_ack(start), nothing);
    EXPECT_EQ(machine.state(), ServerInvite::State::accepted);
    EXPECT_EQ(machine.respond(486, start), nothing);
    EXPECT_EQ(machine.next_timer(), start + 32s);
    EXPECT_EQ(machine.expire(start + 32s), nothing);
    EXPECT_TRUE(machine.terminated());
  }
}

TEST(ServerInviteTest, TransportErrorBeforeAnAnswerIsTold) {
  ServerInvite machine(tls());
  EXPECT_EQ(machine.transport_failed(), failed);
  ServerInvite accepted(tls());
  accepted.respond(200, start);
  EXPECT_EQ(accepted.transport_failed(), nothing);
  EXPECT_FALSE(accepted.terminated());
}

// --- non-INVITE server transaction

TEST(ServerNonInviteTest, TryingAbsorbsProceedingAndCompletedRepeat) {
  ServerNonInvite machine(udp(), start);
  EXPECT_EQ(machine.receive_request(), nothing);
  EXPECT_EQ(machine.respond(100, start), transmit);
  EXPECT_EQ(machine.receive_request(), transmit);
  EXPECT_EQ(machine.respond(200, start), transmit);
  EXPECT_EQ(machine.respond(404, start), nothing);
  EXPECT_EQ(machine.receive_request(), transmit);
  EXPECT_EQ(machine.next_timer(), start + 32s);
  EXPECT_EQ(machine.expire(start + 32s), nothing);
  EXPECT_TRUE(machine.terminated());
}

TEST(ServerNonInviteTest, TimerJIsZeroOnReliableTransport) {
  ServerNonInvite machine(tls(), start);
  EXPECT_EQ(machine.respond(200, start), transmit);
  EXPECT_TRUE(machine.terminated());
}

TEST(ServerNonInviteTest, AnUnansweredRequestDoesNotStayForEver) {
  ServerNonInvite machine(tls(), start);
  EXPECT_EQ(machine.expire(start + 31s), nothing);
  EXPECT_EQ(machine.expire(start + 32s), failed);
  EXPECT_TRUE(machine.terminated());
}

}  // namespace
}  // namespace ringwall::sip
