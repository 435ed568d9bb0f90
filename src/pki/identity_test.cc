#include "pki/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pki/authority.h"
#include "pki/site_identities.h"
#include "pki/test_folder.h"

namespace ringwall::pki {
namespace {

namespace fs = std::filesystem;
using crypto::Purpose;
using testing::HasSubstr;
using testing::SizeIs;

class IdentityTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto made = make_site_identities(folder_.path(), {"edge.ringwall.test", "call-server.ringwall.test"},
                                           {"phone1001.ringwall.test"}, now_);
    ASSERT_TRUE(made) << made.error().text();
  }
  std::string refusal(const fs::path& folder, Purpose purpose, WallTime now) {
    const auto identity = load_identity(folder, purpose, now);
    return identity ? "loaded" : identity.error().text();
  }
  test::TestFolder folder_;
  fs::path edge_ = folder_ / "pki/elements/edge";
  WallTime now_{std::chrono::seconds(1'800'000'000)};
};

TEST_F(IdentityTest, EveryElementAndPhoneHasItsOwn) {
  for (const auto* name : {"edge", "call-server"})
    for (const auto purpose : {Purpose::server, Purpose::client}) {
      const auto identity = load_identity(folder_ / "pki/elements" / name, purpose, now_);
      ASSERT_TRUE(identity) << identity.error().text();
      EXPECT_THAT(identity->chain, SizeIs(2));
      EXPECT_TRUE(identity->leaf().identifies(std::string(name) + ".ringwall.test"));
    }
  EXPECT_EQ(refusal(folder_ / "pki/phones/phone1001", Purpose::client, now_), "loaded");
  EXPECT_THAT(refusal(folder_ / "pki/phones/phone1001", Purpose::server, now_), HasSubstr("server.crt"));
  EXPECT_EQ(test::mode_of(edge_), 0700);
  EXPECT_EQ(test::mode_of(edge_ / "server.key"), 0600);
}

TEST_F(IdentityTest, AnotherRunKeepsWhatIsGoodAndCompletesTheRest) {
  const auto kept = test::slurp(edge_ / "server.crt");
  fs::remove(edge_ / "client.key");
  fs::remove_all(folder_ / "pki/elements/call-server");
  ASSERT_TRUE(make_site_identities(folder_.path(), {"edge.ringwall.test", "call-server.ringwall.test"},
                                   {"phone1001.ringwall.test"}, now_));
  EXPECT_EQ(test::slurp(edge_ / "server.crt"), kept);
  EXPECT_EQ(refusal(edge_, Purpose::client, now_), "loaded");
  EXPECT_EQ(refusal(folder_ / "pki/elements/call-server", Purpose::server, now_), "loaded");
  EXPECT_THAT(Authority::open(folder_ / "pki")->list()->records, SizeIs(5 + 3));
}

TEST_F(IdentityTest, ANewNameInTheSameFolderIsIssuedAnew) {
  ASSERT_TRUE(make_site_identities(folder_.path(), {"edge.other.test"}, {}, now_));
  EXPECT_TRUE(load_identity(edge_, Purpose::server, now_)->leaf().identifies("edge.other.test"));
}

TEST_F(IdentityTest, NamesThatShareAFolderAreRefused) {
  EXPECT_THAT(make_site_identities(folder_.path(), {"edge.a.test", "edge.b.test"}, {}, now_).error().what,
              HasSubstr("two names begin with 'edge'"));
  EXPECT_THAT(make_site_identities(folder_.path(), {"*.a.test"}, {}, now_).error().what, HasSubstr("wildcard"));
}

TEST_F(IdentityTest, ExplainsDates) {
  EXPECT_THAT(refusal(edge_, Purpose::server, now_ + std::chrono::days(90)),
              HasSubstr("ended on 2027-04-15T08:00:00Z"));
  EXPECT_EQ(refusal(edge_, Purpose::server, now_ + std::chrono::days(90) - std::chrono::seconds(1)), "loaded");
  EXPECT_THAT(refusal(edge_, Purpose::server, now_ - std::chrono::hours(1)), HasSubstr("begins only on"));
}

TEST_F(IdentityTest, ExplainsAForeignKey) {
  fs::copy_file(edge_ / "client.key", edge_ / "server.key", fs::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(edge_, Purpose::server, now_),
              HasSubstr("server.key: the key does not belong to the certificate"));
}

TEST_F(IdentityTest, ExplainsAWrongPurpose) {
  const auto identity = load_identity(edge_ / "client.crt", edge_ / "client.key", Purpose::server, now_);
  ASSERT_FALSE(identity);
  EXPECT_THAT(identity.error().text(), HasSubstr("not meant to be used as a TLS server"));
}

TEST_F(IdentityTest, ExplainsAChainOutOfOrder) {
  test::spill(edge_ / "server.crt", test::slurp(edge_ / "server.crt") + test::slurp(edge_ / "client.crt"));
  EXPECT_THAT(refusal(edge_, Purpose::server, now_), HasSubstr("in order"));
}

TEST_F(IdentityTest, ExplainsMissingAndBrokenFiles) {
  EXPECT_THAT(refusal(folder_ / "nowhere", Purpose::server, now_), HasSubstr("No such file"));
  test::spill(edge_ / "server.key", "hello");
  EXPECT_THAT(refusal(edge_, Purpose::server, now_), HasSubstr("server.key: no usable private key"));
  fs::remove(edge_ / "server.crt");
  fs::create_directory(edge_ / "server.crt");
  EXPECT_THAT(refusal(edge_, Purpose::server, now_), HasSubstr("server.crt"));
}

}  // namespace
}  // namespace ringwall::pki
