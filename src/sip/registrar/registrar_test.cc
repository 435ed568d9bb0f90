#include "sip/registrar/registrar.h"

#include <gmock/gmock.h>

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Time start{1000s};
constexpr std::string_view aor = "sip:1001@ringwall.test";

std::string with_outbound(std::string_view uri, std::string_view instance, int reg_id) {
  return fmt::format("<{}>;+sip.instance=\"<urn:uuid:{}>\";reg-id={}", uri, instance, reg_id);
}

struct RegistrarTest : testing::Test {
  Registrar registrar;
  Flow flow{FlowId{1}, Transport::tls, {"127.0.0.1", 5061}, {"127.0.0.2", 40000}, false, {}, {}};
  std::string call_id = "call-1";
  int cseq = 0;

  Registrar::Outcome send(std::string_view contact_lines, Time now = start) {
    const std::string text = fmt::format(
        "REGISTER sip:ringwall.test SIP/2.0\r\nVia: SIP/2.0/TLS phone;branch=z9hG4bKx\r\nFrom: <{0}>;tag=1\r\n"
        "To: <{0}>\r\nCall-ID: {1}\r\nCSeq: {2} REGISTER\r\nMax-Forwards: 70\r\n{3}Content-Length: 0\r\n\r\n",
        aor, call_id, ++cseq, contact_lines);
    const auto message = Message::parse(text);
    EXPECT_TRUE(message.has_value()) << message.error().reason;
    return registrar.process(*message, flow, aor, now);
  }
  static std::vector<std::string> contacts(const Registrar::Outcome& outcome) {
    std::vector<std::string> out;
    for (const auto& [name, value] : outcome.headers)
      if (name == "Contact") out.push_back(value);
    return out;
  }
};

TEST_F(RegistrarTest, AddsABindingOnTheFlowItCameOn) {
  const auto outcome = send("Contact: <sip:1001@10.0.0.1:5061;transport=tls>\r\nExpires: 600\r\n");
  EXPECT_EQ(outcome.status, 200);
  ASSERT_THAT(outcome.changes, SizeIs(1));
  EXPECT_EQ(outcome.changes[0].kind, BindingChange::Kind::added);
  EXPECT_EQ(outcome.changes[0].binding.aor, aor);
  EXPECT_THAT(contacts(outcome), testing::ElementsAre("<sip:1001@10.0.0.1:5061;transport=tls>;expires=600"));
  const auto found = registrar.lookup(aor, start);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0]->flow, FlowId{1});
  EXPECT_EQ(found[0]->expires, start + 600s);
}

TEST_F(RegistrarTest, RefreshesTheEquivalentContact) {
  send("Contact: <sip:1001@10.0.0.1>;expires=600\r\n");
  const auto outcome = send("Contact: <sip:1001@10.0.0.1>;expires=900\r\n", start + 100s);
  ASSERT_THAT(outcome.changes, SizeIs(1));
  EXPECT_EQ(outcome.changes[0].kind, BindingChange::Kind::refreshed);
  EXPECT_THAT(registrar.lookup(aor, start + 999s), SizeIs(1));
  EXPECT_THAT(registrar.expire(start + 999s), IsEmpty());
  EXPECT_THAT(registrar.expire(start + 1000s), SizeIs(1));
  EXPECT_EQ(registrar.size(), 0U);
  EXPECT_EQ(registrar.next_timer(), std::nullopt);
}

TEST_F(RegistrarTest, ReplacesByInstanceWhateverTheUri) {
  send("Contact: " + with_outbound("sip:1001@10.0.0.1:40000", "a", 1) + "\r\nSupported: outbound\r\n");
  flow.id = FlowId{2};
  call_id = "call-2";
  const auto outcome =
      send("Contact: " + with_outbound("sip:1001@10.0.0.1:40001", "a", 1) + "\r\nSupported: path, outbound\r\n");
  ASSERT_THAT(outcome.changes, SizeIs(1));
  EXPECT_EQ(outcome.changes[0].kind, BindingChange::Kind::refreshed);
  EXPECT_EQ(registrar.lookup(aor, start)[0]->flow, FlowId{2});
  EXPECT_THAT(outcome.headers, testing::Contains(testing::Pair("Require", "outbound")));
  EXPECT_THAT(registrar.flow_closed(FlowId{1}), IsEmpty());  // the old connection carries it no more
  EXPECT_THAT(registrar.flow_closed(FlowId{2}), SizeIs(1));
}

TEST_F(RegistrarTest, AnotherRegIdIsAnotherBinding) {
  send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\n");
  send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 2) + "\r\n", start + 1s);
  const auto found = registrar.lookup(aor, start + 1s);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0]->reg_id, 2U);  // the one refreshed last comes first
}

TEST_F(RegistrarTest, TooShortIsRefusedAndTooLongIsCut) {
  const auto brief = send("Contact: <sip:a@10.0.0.1>;expires=59\r\n");
  EXPECT_EQ(brief.status, 423);
  EXPECT_THAT(brief.headers, testing::ElementsAre(testing::Pair("Min-Expires", "60")));
  EXPECT_EQ(registrar.size(), 0U);
  EXPECT_THAT(contacts(send("Contact: <sip:a@10.0.0.1>;expires=99999\r\n")),
              testing::ElementsAre("<sip:a@10.0.0.1>;expires=3600"));
}

TEST_F(RegistrarTest, NoExpiryMeansTheLongest) {
  EXPECT_THAT(contacts(send("Contact: <sip:a@10.0.0.1>\r\n")), testing::ElementsAre("<sip:a@10.0.0.1>;expires=3600"));
}

TEST_F(RegistrarTest, QueryListsWhatIsLeft) {
  send("Contact: <sip:a@10.0.0.1>;expires=600\r\n");
  const auto outcome = send("", start + 60s + 1ms);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_THAT(outcome.changes, IsEmpty());
  EXPECT_THAT(contacts(outcome), testing::ElementsAre("<sip:a@10.0.0.1>;expires=540"));
}

TEST_F(RegistrarTest, ZeroRemovesOneAndStarRemovesAll) {
  send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>, <sip:c@10.0.0.1>\r\n");
  const auto one = send("Contact: <sip:b@10.0.0.1>;expires=0\r\n");
  ASSERT_THAT(one.changes, SizeIs(1));
  EXPECT_EQ(one.changes[0].reason, "unregistered");
  EXPECT_THAT(contacts(one), SizeIs(2));
  const auto all = send("Contact: *\r\nExpires: 0\r\n");
  EXPECT_EQ(all.status, 200);
  EXPECT_THAT(all.changes, SizeIs(2));
  EXPECT_EQ(registrar.size(), 0U);
}

TEST_F(RegistrarTest, StarNeedsExpiresZeroAlone) {
  send("Contact: <sip:a@10.0.0.1>\r\n");
  EXPECT_EQ(send("Contact: *\r\n").status, 400);
  EXPECT_EQ(send("Contact: *\r\nExpires: 10\r\n").status, 400);
  EXPECT_EQ(send("Contact: *\r\nContact: <sip:a@10.0.0.1>\r\nExpires: 0\r\n").status, 400);
  EXPECT_EQ(registrar.size(), 1U);
}

TEST_F(RegistrarTest, CSeqMustGrowWithinACallId) {
  cseq = 9;
  send("Contact: <sip:a@10.0.0.1>\r\n");
  cseq = 9;  // the same number once more
  EXPECT_EQ(send("Contact: <sip:a@10.0.0.1>;expires=0\r\n").status, 500);
  cseq = 8;
  EXPECT_EQ(send("Contact: *\r\nExpires: 0\r\n").status, 500);
  EXPECT_EQ(registrar.size(), 1U);
  call_id = "after-a-restart";
  cseq = 0;
  EXPECT_EQ(send("Contact: <sip:a@10.0.0.1>\r\n").status, 200);
}

TEST_F(RegistrarTest, OneBadContactChangesNothing) {
  EXPECT_EQ(send("Contact: <sip:a@10.0.0.1>, <tel:+1>\r\n").status, 400);
  EXPECT_EQ(send("Contact: <sip:a@10.0.0.1>, " + with_outbound("sip:b@10.0.0.1", "b", 0) + "\r\n").status, 400);
  EXPECT_EQ(registrar.size(), 0U);
}

TEST_F(RegistrarTest, BindingsOfOneAddressAreLimited) {
  for (std::size_t i = 0; i < limits::sip_bindings_per_aor; ++i)
    EXPECT_EQ(send(fmt::format("Contact: <sip:a@10.0.0.{}>\r\n", i)).status, 200);
  EXPECT_EQ(send("Contact: <sip:a@10.0.1.1>\r\n").status, 403);
  EXPECT_EQ(send("Contact: <sip:a@10.0.0.1>\r\n").status, 200);  // a refresh still passes
  EXPECT_EQ(registrar.size(), limits::sip_bindings_per_aor);
}

TEST_F(RegistrarTest, AClosedFlowTakesItsBindings) {
  send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>\r\n");
  flow.id = FlowId{7};
  send("Contact: <sip:c@10.0.0.1>\r\n");
  const auto gone = registrar.flow_closed(FlowId{1});
  ASSERT_THAT(gone, SizeIs(2));
  EXPECT_EQ(gone[0].reason, "connection closed");
  EXPECT_THAT(registrar.lookup(aor, start), SizeIs(1));
}

TEST_F(RegistrarTest, ARestoredBindingExpiresLikeAnyOther) {
  Binding stored;
  stored.aor = aor;
  stored.contact = "sip:a@10.0.0.1";
  stored.expires = start + 100s;
  registrar.restore(stored);
  EXPECT_THAT(registrar.lookup(aor, start), SizeIs(1));
  EXPECT_EQ(registrar.next_timer(), start + 100s);
  EXPECT_THAT(registrar.expire(start + 100s), SizeIs(1));
}

}  // namespace
}  // namespace ringwall::sip
