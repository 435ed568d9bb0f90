#include "sip/transport/locate.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "sip/transport/shares.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::vector<Transport> secure_only{Transport::tls};
const std::vector<Transport> clear_only{Transport::udp, Transport::tcp};
const std::vector<Transport> all{Transport::tls, Transport::tcp, Transport::udp};

/// A zone in a map: what the name server of a test knows.
class Zone {
 public:
  Zone& naptr(const std::string& name, std::uint16_t order, std::uint16_t preference, const std::string& flags,
              const std::string& service, const std::string& replacement, const std::string& regexp = "") {
    at(name, RecordType::naptr).pointers.push_back({order, preference, flags, service, regexp, replacement});
    return *this;
  }
  Zone& srv(const std::string& name, std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
            const std::string& target) {
    at(name, RecordType::srv).services.push_back({priority, weight, port, target});
    return *this;
  }
  Zone& a(const std::string& name, const std::string& ip) {
    at(name, RecordType::a).addresses.push_back(ip);
    return *this;
  }
  Zone& aaaa(const std::string& name, const std::string& ip) {
    at(name, RecordType::aaaa).addresses.push_back(ip);
    return *this;
  }
  DnsAnswer& at(const std::string& name, RecordType type) {
    DnsAnswer& answer = records_[{name, type}];
    if (answer.ttl == 0s) answer.ttl = 300s;
    return answer;
  }

  /// Answers every question; what was asked is in `asked`.
  Result<Located> locate(Wanted wanted) {
    Locate machine(std::move(wanted));
    asked.clear();
    while (const auto question = machine.poll()) {
      asked.push_back(std::string(print(question->type)) + " " + question->name);
      const auto known = records_.find(*question);
      machine.answer(*question, known == records_.end() ? DnsAnswer{.ttl = 60s} : known->second);
    }
    EXPECT_TRUE(machine.result());
    return machine.result() ? *machine.result() : fail("no result");
  }
  std::vector<std::string> spots(Wanted wanted, std::uint64_t random = 0) {
    const auto located = locate(std::move(wanted));
    std::vector<std::string> out;
    if (!located) return {located.error().what};
    for (const Spot& spot : order(*located, [&] { return random; }))
      out.push_back(std::string(print(spot.transport)) + " " + spot.address.text());
    return out;
  }

  std::vector<std::string> asked;

 private:
  std::map<DnsQuestion, DnsAnswer> records_;
};

Wanted host(std::string name, std::vector<Transport> transports, std::uint16_t port = 0) {
  return {.host = std::move(name), .port = port, .transports = std::move(transports)};
}
Wanted uri(std::string_view text, std::vector<Transport> transports) {
  return wanted_of(*parse_uri(text), std::move(transports)).value();
}

/// The records of RFC 3263 section 4.1 and 4.2, with addresses for what they lead to.
Zone example() {
  Zone zone;
  zone.naptr("example.com", 50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com")
      .naptr("example.com", 90, 50, "s", "SIP+D2T", "_sip._tcp.example.com")
      .naptr("example.com", 100, 50, "s", "SIP+D2U", "_sip._udp.example.com")
      .srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com")
      .srv("_sip._tcp.example.com", 0, 2, 5060, "server2.example.com")
      .srv("_sips._tcp.example.com", 0, 1, 5061, "server1.example.com")
      .srv("_sips._tcp.example.com", 1, 2, 5061, "server2.example.com")
      .srv("_sip._udp.example.com", 0, 0, 5060, "server2.example.com")
      .a("server1.example.com", "192.0.2.1")
      .a("server2.example.com", "192.0.2.2");
  return zone;
}

TEST(LocateTest, TheExampleOfTheRfc) {
  Zone zone = example();
  EXPECT_THAT(zone.spots(host("example.com", all)),
              ElementsAre("TLS 192.0.2.1:5061", "TLS 192.0.2.2:5061", "TCP 192.0.2.1:5060", "TCP 192.0.2.2:5060",
                          "UDP 192.0.2.2:5060"));
  EXPECT_EQ(zone.asked.front(), "NAPTR example.com");
}

TEST(LocateTest, OnlyPermittedTransportsAreAskedForAndUsed) {
  Zone zone = example();
  EXPECT_THAT(zone.spots(host("example.com", secure_only)), ElementsAre("TLS 192.0.2.1:5061", "TLS 192.0.2.2:5061"));
  for (const std::string& question : zone.asked)
    EXPECT_THAT(question, testing::Not(HasSubstr("_sip."))) << question;
  EXPECT_THAT(zone.spots(uri("sips:example.com", all)), ElementsAre("TLS 192.0.2.1:5061", "TLS 192.0.2.2:5061"));
}

TEST(LocateTest, ANumericHostAsksNothing) {
  Zone zone;
  const struct {
    std::string_view uri;
    std::vector<Transport> transports;
    std::string_view expected;
  } rows[] = {
      {"sip:192.0.2.9", secure_only, "TLS 192.0.2.9:5061"},
      {"sip:192.0.2.9:5071", secure_only, "TLS 192.0.2.9:5071"},
      {"sips:192.0.2.9", all, "TLS 192.0.2.9:5061"},
      {"sip:[2001:db8::9]", clear_only, "UDP [2001:db8::9]:5060"},
      {"sip:[2001:DB8:0::9]:5070;transport=tcp", clear_only, "TCP [2001:db8::9]:5070"},
      {"sips:192.0.2.9;transport=tcp", all, "TLS 192.0.2.9:5061"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(zone.spots(uri(row.uri, row.transports)), ElementsAre(row.expected)) << row.uri;
    EXPECT_TRUE(zone.asked.empty()) << row.uri;
  }
}

TEST(LocateTest, APortRulesOutSrvAndNaptr) {
  Zone zone = example();
  zone.a("example.com", "192.0.2.7").aaaa("example.com", "2001:db8::7");
  EXPECT_THAT(zone.spots(host("example.com", secure_only, 5071)),
              ElementsAre("TLS [2001:db8::7]:5071", "TLS 192.0.2.7:5071"));
  EXPECT_THAT(zone.asked, UnorderedElementsAre("A example.com", "AAAA example.com"));
}

TEST(LocateTest, ATransportRulesOutNaptr) {
  Zone zone = example();
  EXPECT_THAT(zone.spots(uri("sip:example.com;transport=udp", clear_only)), ElementsAre("UDP 192.0.2.2:5060"));
  EXPECT_EQ(zone.asked.front(), "SRV _sip._udp.example.com");
  EXPECT_EQ(zone.spots(uri("sip:example.com;transport=TLS", all)).front(), "TLS 192.0.2.1:5061");
}

TEST(LocateTest, WithoutNaptrEachTransportsSrvIsAsked) {
  Zone zone;
  zone.srv("_sips._tcp.example.org", 0, 0, 5071, "a.example.org")
      .srv("_sip._udp.example.org", 0, 0, 5070, "a.example.org")
      .a("a.example.org", "192.0.2.3");
  EXPECT_THAT(zone.spots(host("example.org", all)), ElementsAre("TLS 192.0.2.3:5071", "UDP 192.0.2.3:5070"));
}

TEST(LocateTest, WithoutSrvTheNamesOwnAddressIsUsed) {
  Zone zone;
  zone.a("plain.example.org", "192.0.2.4");
  EXPECT_THAT(zone.spots(host("plain.example.org", secure_only)), ElementsAre("TLS 192.0.2.4:5061"));
  EXPECT_THAT(zone.spots(host("plain.example.org", clear_only)), ElementsAre("UDP 192.0.2.4:5060"));
}

TEST(LocateTest, NaptrRecordsThatLeadElsewhereAreSkipped) {
  Zone zone;
  zone.naptr("e.org", 1, 1, "u", "SIPS+D2T", "_sips._tcp.wrong.org")        // no terminal SRV
      .naptr("e.org", 1, 2, "s", "SIPS+D2T", "", "!^.*$!sip:x@wrong.org!")  // a regular expression
      .naptr("e.org", 1, 3, "s", "E2U+sip", "_sips._tcp.wrong.org")         // another application
      .naptr("e.org", 2, 2, "S", "sips+d2t", "_sips._tcp.second.org")       // case does not matter
      .naptr("e.org", 2, 1, "s", "SIPS+D2T", "_sips._tcp.first.org")
      .srv("_sips._tcp.first.org", 0, 0, 5061, "h1.first.org")
      .srv("_sips._tcp.second.org", 0, 0, 5061, "h2.second.org")
      .a("h1.first.org", "192.0.2.11")
      .a("h2.second.org", "192.0.2.12");
  EXPECT_THAT(zone.spots(host("e.org", secure_only)), ElementsAre("TLS 192.0.2.11:5061", "TLS 192.0.2.12:5061"));
}

TEST(LocateTest, TheNameToProveIsTheOneThatWasAskedFor) {
  Zone zone = example();
  EXPECT_EQ(zone.locate(host("example.com", secure_only))->name, "example.com");
  EXPECT_EQ(zone.locate(uri("sip:Example.COM", secure_only))->name, "example.com");
}

TEST(LocateTest, AServiceThatIsDecidedlyNotThere) {
  Zone zone;
  zone.srv("_sips._tcp.no.org", 0, 0, 0, "").a("no.org", "192.0.2.5");
  EXPECT_THAT(zone.spots(host("no.org", secure_only)), ElementsAre(HasSubstr("offers no SIP")));
}

TEST(LocateTest, NoAddressAtAllSaysWhy) {
  Zone zone;
  EXPECT_THAT(zone.spots(host("nowhere.org", secure_only)), ElementsAre(HasSubstr("there is no address")));
  zone.at("nowhere.org", RecordType::aaaa).trouble = "no answer in 5 s";
  EXPECT_THAT(zone.spots(host("nowhere.org", secure_only)), ElementsAre(HasSubstr("AAAA nowhere.org: no answer")));
}

TEST(LocateTest, OneServerWithoutAddressDoesNotHideTheOthers) {
  Zone zone = example();
  zone.at("server1.example.com", RecordType::a) = {.trouble = "SERVFAIL"};
  EXPECT_THAT(zone.spots(host("example.com", secure_only)), ElementsAre("TLS 192.0.2.2:5061"));
}

TEST(LocateTest, WhatWasTamperedWithIsRefusedAsAWhole) {
  Zone zone = example();
  DnsAnswer& answer = zone.at("server2.example.com", RecordType::aaaa);
  answer.bogus = true;
  answer.trouble = "validation failure: signature expired";
  EXPECT_THAT(zone.spots(host("example.com", secure_only)), ElementsAre(HasSubstr("signature expired")));
}

TEST(LocateTest, SecureOnlyIfEveryAnswerWas) {
  Zone zone;
  zone.a("s.org", "192.0.2.6").aaaa("s.org", "2001:db8::6");
  zone.at("s.org", RecordType::a).secure = true;
  EXPECT_FALSE(zone.locate(host("s.org", secure_only, 5061))->secure);
  zone.at("s.org", RecordType::aaaa).secure = true;
  EXPECT_TRUE(zone.locate(host("s.org", secure_only, 5061))->secure);
}

TEST(LocateTest, HoldsAsLongAsTheShortestAnswer) {
  Zone zone = example();
  zone.at("server2.example.com", RecordType::a).ttl = 17s;
  EXPECT_EQ(zone.locate(host("example.com", secure_only))->ttl, 17s);
}

TEST(LocateTest, FamiliesThatCannotBeReachedAreNotAsked) {
  Zone zone;
  zone.a("d.org", "192.0.2.8").aaaa("d.org", "2001:db8::8");
  Wanted wanted = host("d.org", secure_only, 5061);
  wanted.families = {IpFamily::v4};
  EXPECT_THAT(zone.spots(wanted), ElementsAre("TLS 192.0.2.8:5061"));
  EXPECT_THAT(zone.asked, ElementsAre("A d.org"));
  wanted.families = {IpFamily::v4, IpFamily::v6};
  EXPECT_THAT(zone.spots(wanted), ElementsAre("TLS 192.0.2.8:5061", "TLS [2001:db8::8]:5061"));
  Wanted numeric = host("2001:db8::1", secure_only);
  numeric.families = {IpFamily::v4};
  EXPECT_THAT(zone.spots(numeric), ElementsAre(HasSubstr("other IP version")));
}

TEST(LocateTest, UrisThatAskForWhatIsNotPermitted) {
  const auto refused = [](std::string_view text, std::vector<Transport> transports) {
    const auto wanted = wanted_of(*parse_uri(text), std::move(transports));
    return wanted ? std::string("permitted") : wanted.error().what;
  };
  EXPECT_THAT(refused("sip:example.com;transport=udp", secure_only), HasSubstr("not permitted"));
  EXPECT_THAT(refused("sip:example.com;transport=sctp", all), HasSubstr("not permitted"));
  EXPECT_THAT(refused("sips:example.com", clear_only), HasSubstr("needs TLS"));
  EXPECT_THAT(refused("sips:example.com;transport=udp", all), HasSubstr("not permitted"));
  EXPECT_THAT(refused("tel:+15550100", all), HasSubstr("no SIP URI"));
}

TEST(LocateTest, AnswersThatWereNotAskedForOrComeTwiceCountForNothing) {
  Locate machine(host("x.org", secure_only, 5061));
  machine.answer({"y.org", RecordType::a}, {.addresses = {"192.0.2.66"}, .ttl = 1s});
  const auto first = machine.poll(), second = machine.poll();
  ASSERT_TRUE(first && second);
  machine.answer(*first, {.ttl = 9s});
  machine.answer(*first, {.addresses = {"192.0.2.67"}, .ttl = 1s});
  EXPECT_FALSE(machine.result());
  machine.answer(*second, {.addresses = {"192.0.2.1"}, .ttl = 9s});
  ASSERT_TRUE(machine.result() && *machine.result());
  EXPECT_EQ(order(**machine.result(), [] { return 0; }).size(), 1u);
  EXPECT_EQ((*machine.result())->ttl, 9s);
}

TEST(LocateTest, AnOverfullZoneIsCut) {
  Zone zone;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "h" + std::to_string(i) + ".big.org";
    zone.srv("_sips._tcp.big.org", 0, 1, 5061, name).a(name, "192.0.2." + std::to_string(i + 1));
    zone.a(name, "198.51.100." + std::to_string(i + 1));
  }
  EXPECT_EQ(zone.spots(host("big.org", secure_only)).size(), limits::locate_targets);
  EXPECT_LE(zone.asked.size(), 2 + 2 * limits::locate_targets);
}

TEST(SharesTest, PriorityBeforeWeight) {
  const std::vector<Share> shares{{2, 100}, {1, 0}, {1, 5}, {0, 1}};
  EXPECT_THAT(order_by_share(shares, [] { return 0; }), ElementsAre(3, 1, 2, 0));
  EXPECT_THAT(order_by_share(shares, [] { return 3; }), ElementsAre(3, 2, 1, 0));
  EXPECT_THAT(order_by_share({}, [] { return 0; }), ElementsAre());
}

TEST(SharesTest, AmongEqualsByWeight) {
  const std::vector<Share> shares{{0, 10}, {0, 30}, {0, 60}};
  std::vector<int> first(3);
  std::uint64_t next = 0;
  for (int i = 0; i < 10'100; ++i)  // every value of the draw equally often
    ++first[order_by_share(shares, [&] { return next++; }).front()];
  EXPECT_NEAR(first[0], 1'000, 120);
  EXPECT_NEAR(first[1], 3'000, 120);
  EXPECT_NEAR(first[2], 6'000, 120);
}

}  // namespace
}  // namespace ringwall::sip
