#include "runtime/locator.h"

#include <gmock/gmock.h>

#include "runtime/name_server_for_test.h"

namespace ringwall::runtime::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Duration patience = 20s;

class ResolverTest : public testing::Test {
 protected:
  void start(ResolverOptions options = {}) {
    options.name_servers = {server.address};
    resolver = Resolver::create(loop, std::move(options)).value();
  }
  sip::DnsAnswer ask(const std::string& name, sip::RecordType type) {
    std::optional<sip::DnsAnswer> out;
    resolver->ask({name, type}, [&](const sip::DnsAnswer& answer) { out = answer; });
    EXPECT_FALSE(out) << "answers come from the loop";
    EXPECT_TRUE(loop.run_until([&] { return out.has_value(); }, patience));
    return out.value_or(sip::DnsAnswer{});
  }

  SignallingLoop loop;
  NameServer server{"127.36.1.53"};
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, ReadsRecordsAndHonoursTheirTimeToLive) {
  server.add_a("a.ringwall.test", "192.0.2.7", 100);
  server.add_srv("_sips._tcp.ringwall.test", 1, 2, 5061, "a.ringwall.test", 50);
  start();
  const auto address = ask("a.ringwall.test", sip::RecordType::a);
  EXPECT_THAT(address.addresses, ElementsAre("192.0.2.7"));
  EXPECT_EQ(address.trouble, "");
  EXPECT_FALSE(address.secure);
  EXPECT_LE(address.ttl, 100s);
  EXPECT_GE(address.ttl, 90s);
  const auto service = ask("_sips._tcp.ringwall.test", sip::RecordType::srv);
  ASSERT_EQ(service.services.size(), 1u);
  EXPECT_EQ(service.services[0].target, "a.ringwall.test");
  (void)ask("a.ringwall.test", sip::RecordType::a);
  EXPECT_EQ(server.asked("a.ringwall.test", sip::RecordType::a), 1) << "the second answer comes from the cache";
}

TEST_F(ResolverTest, NoRecordIsAnAnswerAndNoTrouble) {
  start();
  const auto none = ask("nothing.ringwall.test", sip::RecordType::naptr);
  EXPECT_EQ(none.trouble, "");
  EXPECT_TRUE(none.pointers.empty());
}

TEST_F(ResolverTest, ARecordThatIsMalformedIsLeftOut) {
  server.add("m.ringwall.test", sip::RecordType::srv, std::string("\x00\x01\x00\x01\x13", 5));
  server.add_srv("m.ringwall.test", 0, 0, 5061, "good.ringwall.test");
  start();
  const auto answer = ask("m.ringwall.test", sip::RecordType::srv);
  EXPECT_LE(answer.services.size(), 1u);
  for (const auto& record : answer.services)
    EXPECT_EQ(record.target, "good.ringwall.test");
}

TEST_F(ResolverTest, AMalformedMessageIsTrouble) {
  server.malformed = true;
  start();
  EXPECT_NE(ask("x.ringwall.test", sip::RecordType::a).trouble, "");
}

TEST_F(ResolverTest, ASilentServerIsTroubleInTime) {
  server.silent = true;
  start({.time = 300ms});
  const auto before = loop.now();
  EXPECT_THAT(ask("s.ringwall.test", sip::RecordType::a).trouble, HasSubstr("no answer in 0.3 s"));
  EXPECT_LT(loop.now() - before, 3s);
  EXPECT_EQ(resolver->under_way(), 0u);
}

TEST_F(ResolverTest, TooManyQuestionsAtOnceFail) {
  server.silent = true;
  start({.time = 300ms, .questions = 2});
  std::vector<std::string> troubles;
  for (int i = 0; i < 3; ++i)
    resolver->ask({"q" + std::to_string(i) + ".ringwall.test", sip::RecordType::a},
                  [&](const sip::DnsAnswer& answer) { troubles.push_back(answer.trouble); });
  EXPECT_TRUE(loop.run_until([&] { return troubles.size() == 3; }, patience));
  EXPECT_THAT(troubles.at(0), HasSubstr("2 questions are under way"));
}

TEST_F(ResolverTest, MayGoWhileQuestionsAreUnderWay) {
  server.silent = true;
  start();
  bool answered = false;
  resolver->ask({"gone.ringwall.test", sip::RecordType::a}, [&](const sip::DnsAnswer&) { answered = true; });
  resolver.reset();
  EXPECT_FALSE(loop.run_until([&] { return answered; }, 100ms));
}

TEST_F(ResolverTest, WithAnAnchorUnsignedAnswersOfASignedZoneAreBogus) {
  // The anchor says that ringwall.test is signed; the server's answers are not.
  const auto anchor = std::filesystem::temp_directory_path() / ("ringwall-anchor-" + std::to_string(::getpid()));
  std::FILE* file = std::fopen(anchor.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("ringwall.test. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n", file);
  std::fclose(file);
  server.add_a("a.ringwall.test", "192.0.2.7");
  start({.trust_anchor = anchor});
  const auto forged = ask("a.ringwall.test", sip::RecordType::a);
  std::filesystem::remove(anchor);
  EXPECT_TRUE(forged.bogus);
  EXPECT_NE(forged.trouble, "");
  EXPECT_TRUE(forged.addresses.empty());
}

class LocatorTest : public ResolverTest {
 protected:
  LocatorTest() {
    ResolverOptions options;
    options.name_servers = {server.address};
    options.time = 300ms;
    locator = std::make_unique<Locator>(loop, options, [this] { ++changes; });
  }
  static sip::Wanted wanted(const std::string& host) {
    return {.host = host, .transports = {sip::Transport::tls}, .families = {sip::IpFamily::v4}};
  }
  std::vector<std::string> places(const std::string& host) const {
    std::vector<std::string> out;
    const auto* found = locator->find(wanted(host));
    if (found == nullptr || !found->located) return out;
    for (const sip::Spot& spot : sip::order(*found->located, [] { return 0; }))
      out.push_back(spot.address.text());
    return out;
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, patience); }

  std::unique_ptr<Locator> locator;
  int changes = 0;
};

TEST_F(LocatorTest, FindsServersAndFollowsTheirRecords) {
  server.add_srv("_sips._tcp.carrier.test", 1, 0, 5071, "one.carrier.test", 1);
  server.add_srv("_sips._tcp.carrier.test", 2, 0, 5072, "two.carrier.test", 1);
  server.add_a("one.carrier.test", "127.36.1.1", 1);
  server.add_a("two.carrier.test", "127.36.1.2", 1);
  locator->want({wanted("carrier.test")});
  EXPECT_TRUE(places("carrier.test").empty());
  ASSERT_TRUE(until([&] { return changes == 1; }));
  EXPECT_THAT(places("carrier.test"), ElementsAre("127.36.1.1:5071", "127.36.1.2:5072"));
  server.forget("one.carrier.test", sip::RecordType::a);
  server.add_a("one.carrier.test", "127.36.1.9", 1);
  ASSERT_TRUE(until([&] { return changes == 2; }));
  EXPECT_THAT(places("carrier.test"), ElementsAre("127.36.1.9:5071", "127.36.1.2:5072"));
}

TEST_F(LocatorTest, KeepsWhatItKnewWhileNoServerAnswers) {
  server.add_a("kept.test", "127.36.1.3", 1);
  locator->want({wanted("kept.test")});
  ASSERT_TRUE(until([&] { return changes == 1; }));
  server.silent = true;
  ASSERT_TRUE(until([&] { return !locator->find(wanted("kept.test"))->trouble.empty(); }));
  EXPECT_THAT(places("kept.test"), ElementsAre("127.36.1.3:5061"));
}

TEST_F(LocatorTest, SaysWhyANameLeadsNowhere) {
  locator->want({wanted("nowhere.test")});
  ASSERT_TRUE(until([&] { return locator->find(wanted("nowhere.test"))->asked; }));
  EXPECT_THAT(locator->find(wanted("nowhere.test"))->trouble, HasSubstr("no address"));
  EXPECT_EQ(locator->find(wanted("other.test")), nullptr);
}

}  // namespace
}  // namespace ringwall::runtime::test
