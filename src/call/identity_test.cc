#include "call/identity.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "sip/message/identity_headers.h"

namespace ringwall::call {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr IdentityTrust inside{.from = true, .to = true};
constexpr IdentityTrust outwards{.from = true, .to = false};
constexpr IdentityTrust inwards{.from = false, .to = true};

CallerIdentity identity(const std::string& headers, IdentityTrust trust) {
  const auto invite = sip::Message::parse(
      "INVITE sip:6016@edge.test SIP/2.0\r\nVia: SIP/2.0/TLS 10.1.2.3;branch=z9hG4bK1\r\n"
      "From: \"Ada\" <sip:1001@10.1.2.3:5061>;tag=1\r\nTo: <sip:6016@edge.test>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" +
      headers + "\r\n");
  if (!invite) throw std::runtime_error(invite.error().reason);
  return caller_identity(*invite, trust, "edge.test");
}

const std::string asserted = "P-Asserted-Identity: \"Ada L\" <sip:+15550123@10.1.2.3;user=phone>, <tel:+15550123>\r\n";

TEST(CallerIdentity, StandsAtOurHost) {
  const auto told = identity(asserted, inside);
  EXPECT_EQ(told.from, "\"Ada\" <sip:1001@edge.test>");
  EXPECT_THAT(told.headers, ElementsAre(Pair("P-Asserted-Identity", "\"Ada L\" <sip:+15550123@edge.test>"),
                                        Pair("P-Asserted-Identity", "<tel:+15550123>")));
}

TEST(CallerIdentity, KeepsTheContextOfALocalNumber) {
  EXPECT_THAT(identity("P-Asserted-Identity: <tel:7042;phone-context=+1-914>\r\n", inside).headers,
              ElementsAre(Pair("P-Asserted-Identity", "<tel:7042;phone-context=+1-914>")));
}

TEST(CallerIdentity, IsNotBelievedOfAStranger) {
  EXPECT_THAT(identity(asserted, inwards).headers, IsEmpty());
  EXPECT_EQ(identity(asserted, inwards).from, "\"Ada\" <sip:1001@edge.test>");
  EXPECT_THAT(identity("P-Preferred-Identity: <sip:boss@a.test>\r\n", inside).headers, IsEmpty());
  EXPECT_THAT(identity("P-Asserted-Identity: <http://a.test>\r\n", inside).headers, IsEmpty());
}

TEST(CallerIdentity, StaysPrivateTowardsAStranger) {
  for (const char* asked : {"id", "user", "critical;id"}) {
    const auto told = identity(asserted + "Privacy: " + asked + "\r\n", outwards);
    EXPECT_EQ(told.from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>") << asked;
    EXPECT_THAT(told.headers, IsEmpty()) << asked;
  }
  const auto open = identity(asserted + "Privacy: none\r\n", outwards);
  EXPECT_EQ(open.from, "\"Ada\" <sip:1001@edge.test>");
  EXPECT_THAT(open.headers, SizeIs(3));
}

TEST(CallerIdentity, IsToldToTheTrustedWithTheWishForPrivacy) {
  const auto told = identity(asserted + "Privacy: id\r\n", inside);
  EXPECT_EQ(told.from, "\"Ada\" <sip:1001@edge.test>");
  EXPECT_THAT(told.headers, testing::Contains(Pair("Privacy", "id")));
  EXPECT_THAT(told.headers, SizeIs(3));
  EXPECT_THAT(identity("Privacy: a b\r\n", inside).headers, IsEmpty());
}

TEST(CallerIdentity, NamesWhoSentTheCallOnWithoutTheirHosts) {
  const auto told = identity(
      "Diversion: \"Bob\" <sip:1002@10.1.2.4:5061;x=1>;reason=user-busy;counter=2, junk\r\n"
      "Diversion: <tel:+15550199>;reason=\"no answer\"\r\n"
      "History-Info: <sip:1002@10.1.2.4?Reason=SIP%3Bcause%3D486&Other=x>;index=1, "
      "<sip:1001@10.1.2.3>;index=1.1;rc=1\r\n",
      inside);
  EXPECT_THAT(told.headers, ElementsAre(Pair("Diversion", "\"Bob\" <sip:1002@edge.test>;reason=user-busy;counter=2"),
                                        Pair("Diversion", "<tel:+15550199>;reason=\"no answer\""),
                                        Pair("History-Info", "<sip:1002@edge.test?Reason=SIP%3Bcause%3D486>;index=1"),
                                        Pair("History-Info", "<sip:1001@edge.test>;index=1.1;rc=1")));
}

TEST(CallerIdentity, HidesPrivateHistoryFromStrangers) {
  const std::string headers =
      "Diversion: <sip:1@a.test>;privacy=full, <sip:2@a.test>;privacy=off\r\n"
      "History-Info: <sip:1@a.test?Privacy=history>;index=1, <sip:2@a.test>;index=1.1\r\n";
  EXPECT_THAT(identity(headers, outwards).headers,
              ElementsAre(Pair("Diversion", "<sip:2@edge.test>;privacy=off"),
                          Pair("History-Info", "<sip:anonymous@anonymous.invalid>;index=1"),
                          Pair("History-Info", "<sip:2@edge.test>;index=1.1")));
  EXPECT_THAT(identity(headers, inside).headers, SizeIs(4));
  EXPECT_THAT(identity(headers + "Privacy: history\r\n", outwards).headers,
              testing::Contains(Pair("History-Info", "<sip:anonymous@anonymous.invalid>;index=1.1")));
}

TEST(CallerIdentity, LimitsTheHistory) {
  std::string values = "<sip:0@a.test>;index=1";
  for (std::size_t i = 1; i < 2 * limits::sip_history_entries; ++i)
    values += ", <sip:" + std::to_string(i) + "@a.test>;index=1." + std::to_string(i);
  EXPECT_THAT(identity("History-Info: " + values + "\r\n", inside).headers, SizeIs(limits::sip_history_entries));
}

TEST(AddDiversion, StandsInFront) {
  sip::Headers headers = {{"Privacy", "none"}, {"Diversion", "<sip:1@edge.test>"}};
  add_diversion(headers, "60 16", "edge.test", "deflection");
  EXPECT_THAT(headers, ElementsAre(Pair("Privacy", "none"),
                                   Pair("Diversion", "<sip:60%2016@edge.test>;reason=deflection;counter=1"),
                                   Pair("Diversion", "<sip:1@edge.test>")));
}

TEST(PhoneIdentity, IsTheLineAndNothingThatThePhoneSays) {
  const auto of = [](const std::string& headers, IdentityTrust trust) {
    const auto invite = sip::Message::parse(
        "INVITE sip:6016@a.test SIP/2.0\r\nVia: SIP/2.0/TLS 10.1.2.3;branch=z9hG4bK1\r\nFrom: "
        "<sip:1001@a.test>;tag=1\r\n"
        "To: <sip:6016@a.test>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" +
        headers + "\r\n");
    return phone_identity(*invite, "1001", trust, "a.test");
  };
  const auto line = Pair("P-Asserted-Identity", "<sip:1001@a.test>");
  EXPECT_THAT(of(asserted, inside).headers, ElementsAre(line));
  EXPECT_THAT(of("Privacy: id\r\n", inside).headers, ElementsAre(line, Pair("Privacy", "id")));
  EXPECT_THAT(of("Privacy: id\r\n", outwards).headers, IsEmpty());
  EXPECT_EQ(of("Privacy: id\r\n", outwards).from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
  EXPECT_THAT(of("", outwards).headers, ElementsAre(line));
  EXPECT_THAT(of("", {.from = false, .to = false}).headers, IsEmpty());
}

std::vector<std::string> history(const CallerIdentity& caller) {
  std::vector<std::string> out;
  for (const auto& [name, value] : caller.headers)
    if (name == "History-Info") out.push_back(value);
  return out;
}

TEST(AddHistory, BeginsWithWhoWasCalled) {
  auto caller = identity("", inside);
  add_history(caller, "6016", "1001", "a.test");
  EXPECT_THAT(history(caller), ElementsAre("<sip:6016@a.test>;index=1", "<sip:1001@a.test>;index=1.1;mp=1"));
  end_history(caller, "1001", 408);
  end_history(caller, "1001", 486);
  add_history(caller, "6016", "1002", "a.test");
  EXPECT_THAT(history(caller),
              ElementsAre("<sip:6016@a.test>;index=1", "<sip:1001@a.test?Reason=SIP%3Bcause%3D408>;index=1.1;mp=1",
                          "<sip:1002@a.test>;index=1.2;mp=1"));
  add_history(caller, "1002", "1003", "a.test");
  EXPECT_EQ(history(caller).back(), "<sip:1003@a.test>;index=1.2.1;mp=1.2");
  end_history(caller, "nobody", 404);
  EXPECT_EQ(history(caller).size(), 4u);
}

TEST(AddHistory, GoesOnWithWhatCame) {
  auto caller = identity("History-Info: <sip:800@b.test>;index=1, <sip:6016@b.test>;index=1.1;rc=1\r\n", inside);
  add_history(caller, "6016", "1001", "a.test");
  EXPECT_EQ(history(caller).back(), "<sip:1001@a.test>;index=1.1.1;mp=1.1");
  auto other = identity("History-Info: <sip:800@b.test>;index=1\r\n", inside);
  add_history(other, "6016", "1001", "a.test");
  EXPECT_THAT(history(other), ElementsAre("<sip:800@edge.test>;index=1", "<sip:6016@a.test>;index=1.1",
                                          "<sip:1001@a.test>;index=1.1.1;mp=1.1"));
}

TEST(AddHistory, IsAnonymousWherePrivacyWantsIt) {
  for (const char* asked : {"history", "header"}) {
    auto told = identity(std::string("Privacy: ") + asked + "\r\n", outwards);
    add_history(told, "6016", "1001", "a.test");
    add_history(told, "6016", "1002", "a.test");
    EXPECT_THAT(history(told), ElementsAre("<sip:anonymous@anonymous.invalid>;index=1",
                                           "<sip:anonymous@anonymous.invalid>;index=1.1;mp=1",
                                           "<sip:anonymous@anonymous.invalid>;index=1.1.1;mp=1.1"))
        << asked;
  }
  auto trusted = identity("Privacy: history\r\n", inside);
  add_history(trusted, "6016", "1001", "a.test");
  EXPECT_EQ(history(trusted).back(), "<sip:1001@a.test>;index=1.1;mp=1");
}

TEST(AddHistory, IsBounded) {
  auto caller = identity("", inside);
  for (std::size_t i = 0; i < 2 * limits::sip_history_entries; ++i)
    add_history(caller, "6016", std::to_string(i), "a.test");
  EXPECT_LE(history(caller).size(), limits::sip_history_entries);
  for (const std::string& value : history(caller))
    EXPECT_TRUE(sip::parse_history_entry(value)) << value;
}

TEST(InTrustDomain, PhonesAreUnlessTheirProfileSaysNo) {
  policy::Site site;
  site.profiles = {{.name = "inside"}, {.name = "outside", .asserted_identity = false}};
  site.phones = {{"a.test", "1001", "inside"}, {"b.test", "1002", "outside"}, {"c.test", "1003", "none"}};
  EXPECT_TRUE(in_trust_domain(site, "a.test"));
  EXPECT_FALSE(in_trust_domain(site, "b.test"));
  EXPECT_FALSE(in_trust_domain(site, "c.test"));
}

TEST(InTrustDomain, ElementsAreAndTrunksByTheirSetting) {
  policy::Site site;
  site.elements.emplace_back().name = "edge";
  site.trunks.emplace_back().name = "carrier";
  site.trunks.emplace_back().name = "sister";
  site.trunks.back().trusted_identity = true;
  EXPECT_TRUE(in_trust_domain(site, "edge"));
  EXPECT_TRUE(in_trust_domain(site, "sister"));
  EXPECT_FALSE(in_trust_domain(site, "carrier"));
  EXPECT_FALSE(in_trust_domain(site, "nobody"));
}

}  // namespace
}  // namespace ringwall::call
