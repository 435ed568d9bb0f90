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
  ASSERT_EQ(outcome.changes.size(), 1U);
  EXPECT_EQ(outcome.changes[0].kind, BindingChange::Kind::added);
  EXPECT_EQ(outcome.changes[0].binding.aor, aor);
  EXPECT_THAT(contacts(outcome), testing::ElementsAre("<sip:1001@10.0.0.1:5061;transport=tls>;expires=600"));
  const auto found = registrar.lookup(aor, start);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].flow, FlowId{1});
  EXPECT_EQ(found[0].expires, start + 600s);
}

TEST_F(RegistrarTest, RemembersWhoKnowsUsByAddress) {
  send("Contact: <sip:1001@10.0.0.1>;expires=600\r\n");
  EXPECT_FALSE(registrar.lookup(aor, start).front().by_address);
  send("Route: <sip:127.0.0.1:5061;transport=tls;lr>\r\nContact: <sip:1001@10.0.0.1>;expires=600\r\n");
  EXPECT_TRUE(registrar.lookup(aor, start).front().by_address) << "its outbound proxy";
  send("Contact: <sip:1001@10.0.0.1>;expires=600\r\n");
  EXPECT_FALSE(registrar.lookup(aor, start).front().by_address);
  flow.facts = std::make_shared<TlsFacts>(TlsFacts{.by_address = true});
  send("Contact: <sip:1001@10.0.0.1>;expires=600\r\n");
  EXPECT_TRUE(registrar.lookup(aor, start).front().by_address);
}

TEST_F(RegistrarTest, RefreshesTheEquivalentContact) {
  send("Contact: <sip:1001@10.0.0.1>;expires=600\r\n");
  const auto outcome = send("Contact: <sip:1001@10.0.0.1>;expires=900\r\n", start + 100s);
  ASSERT_EQ(outcome.changes.size(), 1U);
  EXPECT_EQ(outcome.changes[0].kind, BindingChange::Kind::refreshed);
  EXPECT_THAT(registrar.lookup(aor, start + 999s), SizeIs(1));
  EXPECT_TRUE(registrar.expire(start + 999s).empty());
  EXPECT_EQ(registrar.expire(start + 1000s).size(), 1U);
  EXPECT_EQ(registrar.size(), 0U);
  EXPECT_EQ(registrar.next_timer(), std::nullopt);
}

TEST_F(RegistrarTest, ReplacesByInstanceWhateverTheUri) {
  send("Contact: " + with_outbound("sip:1001@10.0.0.1:40000", "a", 1) + "\r\nSupported: outbound\r\n");
  flow.id = FlowId{2};
  call_id = "call-2";
  const auto outcome =
      send("Contact: " + with_outbound("sip:1001@10.0.0.1:40001", "a", 1) + "\r\nSupported: path, outbound\r\n");
  ASSERT_EQ(outcome.changes.size(), 1U);
  EXPECT_EQ(outcome.changes[0].kind, BindingChange::Kind::refreshed);
  EXPECT_EQ(registrar.lookup(aor, start)[0].flow, FlowId{2});
  EXPECT_THAT(outcome.headers, testing::Contains(testing::Pair("Require", "outbound")));
  EXPECT_TRUE(registrar.flow_closed(FlowId{1}).empty());  // the old connection carries it no more
  EXPECT_EQ(registrar.flow_closed(FlowId{2}).size(), 1U);
}

TEST_F(RegistrarTest, AnotherRegIdIsAnotherBinding) {
  send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\nSupported: outbound\r\n");
  send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 2) + "\r\nSupported: outbound\r\n", start + 1s);
  const auto found = registrar.lookup(aor, start + 1s);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].reg_id, 2U);  // the one refreshed last comes first
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
  EXPECT_TRUE(outcome.changes.empty());
  EXPECT_THAT(contacts(outcome), testing::ElementsAre("<sip:a@10.0.0.1>;expires=540"));
}

TEST_F(RegistrarTest, ZeroRemovesOneAndStarRemovesAll) {
  send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>, <sip:c@10.0.0.1>\r\n");
  const auto one = send("Contact: <sip:b@10.0.0.1>;expires=0\r\n");
  ASSERT_EQ(one.changes.size(), 1U);
  EXPECT_EQ(one.changes[0].reason, "unregistered");
  EXPECT_THAT(contacts(one), SizeIs(2));
  const auto all = send("Contact: *\r\nExpires: 0\r\n");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.changes.size(), 2U);
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
  EXPECT_EQ(
      send("Contact: <sip:a@10.0.0.1>, " + with_outbound("sip:b@10.0.0.1", "b", 0) + "\r\nSupported: outbound\r\n")
          .status,
      400);
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
  ASSERT_EQ(gone.size(), 2U);
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
  EXPECT_EQ(registrar.expire(start + 100s).size(), 1U);
}

TEST_F(RegistrarTest, HigherQComesFirst) {
  send("Contact: <sip:a@10.0.0.1>;q=0.4, <sip:b@10.0.0.1>;q=0.75\r\n");
  send("Contact: <sip:c@10.0.0.1>;q=0.5\r\n", start + 1s);
  const auto found = registrar.lookup(aor, start + 1s);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].contact, "sip:b@10.0.0.1");
  EXPECT_EQ(found[1].contact, "sip:c@10.0.0.1");
  EXPECT_THAT(contacts(send("")), testing::Contains("<sip:b@10.0.0.1>;expires=3600;q=0.750"));
  EXPECT_EQ(send("Contact: <sip:d@10.0.0.1>;q=2\r\n").status, 400);
}

TEST_F(RegistrarTest, TwoContactsThatAreTheSameAreContradictory) {
  EXPECT_EQ(send("Contact: <sip:a@10.0.0.1>;expires=0, <sip:a@10.0.0.1>\r\n").status, 400);
}

TEST_F(RegistrarTest, PathIsKeptForRequestsAndEchoedToWhoSupportsIt) {
  const auto outcome =
      send("Contact: <sip:a@10.0.0.1>\r\nSupported: path\r\nPath: <sip:p2;lr>\r\nPath: <sip:p1;lr>\r\n");
  EXPECT_THAT(outcome.headers, testing::Contains(testing::Pair("Path", "<sip:p2;lr>, <sip:p1;lr>")));
  EXPECT_EQ(registrar.lookup(aor, start)[0].path, "<sip:p2;lr>, <sip:p1;lr>");
  std::string many = "Contact: <sip:a@10.0.0.1>\r\n";
  for (std::size_t i = 0; i <= limits::sip_route_set; ++i)
    many += "Path: <sip:p;lr>\r\n";
  EXPECT_EQ(send(many).status, 400);
}

TEST_F(RegistrarTest, ServiceRouteAndFlowTimerAreSaid) {
  registrar = Registrar({.flow_timer = 120s, .service_route = "<sip:home;lr>"});
  const auto plain = send("Contact: <sip:a@10.0.0.1>\r\n");
  EXPECT_THAT(plain.headers, testing::Contains(testing::Pair("Service-Route", "<sip:home;lr>")));
  EXPECT_THAT(plain.headers, testing::Not(testing::Contains(testing::Pair("Flow-Timer", "120"))));
  const auto outbound =
      send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\nSupported: outbound, path\r\n");
  EXPECT_THAT(outbound.headers, testing::Contains(testing::Pair("Flow-Timer", "120")));
}

TEST_F(RegistrarTest, RegIdCountsOnlyWithOutboundAndAnInstance) {
  send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\n");
  EXPECT_EQ(registrar.lookup(aor, start)[0].reg_id, 0U);
  send("Contact: <sip:b@10.0.0.1>;reg-id=3\r\nSupported: outbound\r\n");
  EXPECT_THAT(registrar.lookup(aor, start), testing::Each(testing::Field(&Binding::reg_id, 0U)));
}

TEST_F(RegistrarTest, AFirstHopThatCannotKeepTheFlowIsRefused) {
  const std::string contact = "Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\n";
  const std::string proxy = "Via: SIP/2.0/TLS proxy;branch=z9hG4bKp\r\nSupported: outbound, path\r\n";
  EXPECT_EQ(send(contact + proxy).status, 439);
  EXPECT_EQ(send(contact + proxy + "Path: <sip:far;lr;ob>, <sip:near;lr>\r\n").status, 439);
  EXPECT_EQ(registrar.size(), 0U);
  EXPECT_EQ(send(contact + proxy + "Path: <sip:far;lr>, <sip:near;lr;ob>\r\n").status, 200);
  EXPECT_EQ(send("Contact: <sip:b@10.0.0.1>\r\n" + proxy).status, 200) << "not an outbound registration";
}

struct GruuTest : RegistrarTest {
  GruuTest() {
    registrar = Registrar({.gruus = TemporaryGruus(Secret("0123456789abcdef0123456789abcdef"),
                                                   [n = std::uint64_t{0}]() mutable { return ++n; })});
  }
  static std::string parameter(const std::string& contact, std::string_view name) {
    const auto parsed = parse_name_addr(contact);
    return std::string(find_parameter(parsed->parameters, name).value_or("none"));
  }
  std::string temporary() {
    const auto outcome =
        send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\nSupported: gruu, outbound\r\n");
    return parameter(contacts(outcome).at(0), "temp-gruu");
  }
  std::optional<std::vector<Binding>> resolve(const std::string& uri, Time now = start) {
    return registrar.resolve_gruu(*parse_uri(uri), aor, now);
  }
};

TEST_F(GruuTest, ThePublicOneNamesTheInstance) {
  const auto outcome =
      send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\nSupported: gruu, outbound\r\n");
  const std::string gruu = parameter(contacts(outcome).at(0), "pub-gruu");
  EXPECT_EQ(gruu, "sip:1001@ringwall.test;gr=urn:uuid:a");
  send("Contact: " + with_outbound("sip:1001@10.0.0.2", "b", 1) + "\r\nSupported: gruu, outbound\r\n", start + 1s);
  send("Contact: " + with_outbound("sip:1001@10.0.0.3", "a", 2) + "\r\nSupported: gruu, outbound\r\n", start + 2s);
  const auto found = resolve(gruu);
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(2)) << "both flows of the instance";
  EXPECT_EQ((*found)[0].contact, "sip:1001@10.0.0.3");
  EXPECT_THAT(*resolve("sip:1001@ringwall.test;gr=urn:uuid:c"), IsEmpty());
  EXPECT_FALSE(resolve("sip:1001@ringwall.test"));
}

TEST_F(GruuTest, TemporaryOnesDifferAndHoldUntilTheCallIdChanges) {
  const std::string first = temporary(), second = temporary();
  EXPECT_NE(first, second);
  for (const std::string& one : {first, second}) {
    EXPECT_EQ(one.find("1001"), std::string::npos);
    ASSERT_TRUE(resolve(one));
    EXPECT_THAT(*resolve(one), SizeIs(1));
  }
  std::string forged = first;
  forged[20] = forged[20] == 'A' ? 'B' : 'A';
  EXPECT_THAT(*resolve(forged), IsEmpty());
  call_id = "after-a-restart";
  const std::string third = temporary();
  EXPECT_THAT(*resolve(first), IsEmpty());
  EXPECT_THAT(*resolve(third), SizeIs(1));
  registrar.expire(start + 3600s);
  temporary();
  EXPECT_THAT(*resolve(third), IsEmpty()) << "another binding in the same place";
}

TEST_F(GruuTest, OnlyWhoAsksAndHasAnInstanceGetsThem) {
  EXPECT_EQ(parameter(contacts(send("Contact: " + with_outbound("sip:1001@10.0.0.1", "a", 1) + "\r\n"))[0], "pub-gruu"),
            "none");
  const auto bare = contacts(send("Contact: <sip:b@10.0.0.1>\r\nSupported: gruu\r\n"));
  EXPECT_THAT(bare, testing::Contains("<sip:b@10.0.0.1>;expires=3600"));
}

}  // namespace
}  // namespace ringwall::sip
