#include "pki/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <set>

#include "pki/identity.h"
#include "pki/test_folder.h"

namespace ringwall::pki {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class AuthorityTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Authority::create(folder_ / "site/pki", now_);
    ASSERT_TRUE(made) << made.error().text();
    authority_ = std::move(*made);
  }
  IssueRequest request(const std::string& name = "edge.ringwall.test", const std::string& out = "out") {
    IssueRequest wanted;
    wanted.name = name;
    wanted.out = folder_ / out;
    return wanted;
  }
  std::string refusal(const IssueRequest& wanted) {
    const auto issued = authority_->issue(wanted, now_);
    return issued ? "issued" : issued.error().text();
  }
  /// What the openssl program says, an independent reader of what we write.
  int openssl_verify(const std::string& purpose, const fs::path& out, const std::string& stem) {
    const auto at = std::to_string(now_.time_since_epoch().count());
    const auto command = "openssl verify -x509_strict -attime " + at + " -purpose " + purpose + " -CAfile " +
                         (out / "anchors.pem").string() + " -untrusted " + (out / "chain.pem").string() + " " +
                         (out / (stem + ".crt")).string() + " > " + (folder_ / "openssl.txt").string() + " 2>&1";
    return std::system(command.c_str());
  }

  test::TestFolder folder_;
  WallTime now_{std::chrono::seconds(1'800'000'000)};
  std::optional<Authority> authority_;
};

TEST_F(AuthorityTest, KeysArePrivateWhateverTheUmask) {
  const auto old = ::umask(0);
  auto other = Authority::create(folder_ / "open/pki", now_);
  ASSERT_TRUE(other);
  auto wanted = request();
  wanted.out = folder_ / "open/out";
  EXPECT_TRUE(other->issue(wanted, now_));
  ::umask(0777);
  auto tight = Authority::create(folder_ / "tight/pki", now_);
  ::umask(old);
  ASSERT_TRUE(tight) << tight.error().text();
  for (const auto* site : {"open", "tight"}) {
    for (const auto* name : {"pki", "pki/root", "pki/issuing", "pki/issued"})
      EXPECT_EQ(test::mode_of(folder_ / site / name), 0700);
    for (const auto* name : {"pki/root/root.key", "pki/issuing/issuing.key"})
      EXPECT_EQ(test::mode_of(folder_ / site / name), 0600);
    EXPECT_EQ(test::mode_of(folder_ / site / "pki/anchors.pem"), 0644);
  }
  EXPECT_EQ(test::mode_of(wanted.out), 0700);
  for (const auto* name : {"server.key", "client.key", "server.pem", "client.pem"})
    EXPECT_EQ(test::mode_of(wanted.out / name), 0600);
  EXPECT_EQ(test::mode_of(folder_ / "open/pki/issued/log.jsonl"), 0600);
}

TEST_F(AuthorityTest, TheFirstAuthorityIsNeverReplaced) {
  const auto key = test::slurp(folder_ / "site/pki/root/root.key");
  const auto again = Authority::create(folder_ / "site/pki", now_);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().text(), HasSubstr("already"));
  fs::remove(folder_ / "site/pki/anchors.pem");
  EXPECT_FALSE(Authority::create(folder_ / "site/pki/", now_));
  EXPECT_EQ(test::slurp(folder_ / "site/pki/root/root.key"), key);
}

TEST_F(AuthorityTest, NothingIsLeftBesideTheFiles) {
  ASSERT_TRUE(authority_->issue(request(), now_));
  std::vector<std::string> names;
  for (const auto& one : fs::directory_iterator(folder_ / "out"))
    names.push_back(one.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("anchors.pem", "chain.pem", "client.crt", "client.key", "client.pem",
                                                   "server.crt", "server.key", "server.pem"));
  names.clear();
  for (const auto& one : fs::directory_iterator(folder_ / "site"))
    names.push_back(one.path().filename());
  EXPECT_THAT(names, ElementsAre("pki"));
}

TEST_F(AuthorityTest, OpeningExplainsWhatIsMissing) {
  EXPECT_THAT(Authority::open(folder_ / "nowhere").error().mend, HasSubstr("pki init"));
  fs::remove(folder_ / "site/pki/root/root.key");
  EXPECT_TRUE(Authority::open(folder_ / "site/pki")) << "the root's key may be kept elsewhere";
  fs::copy_file(folder_ / "site/pki/root/root.crt", folder_ / "site/pki/issuing/issuing.crt",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(Authority::open(folder_ / "site/pki").error().what, HasSubstr("not a CA certificate with this key"));
}

TEST_F(AuthorityTest, TheOpensslProgramAcceptsWhatIsIssued) {
  using crypto::KeyType;
  for (const auto type : {KeyType::p256, KeyType::p384, KeyType::rsa2048, KeyType::ed25519}) {
    auto wanted = request("edge.ringwall.test", std::string(print(type)));
    wanted.key_type = type;
    wanted.uses = {Use::server, Use::client, Use::both};
    ASSERT_EQ(refusal(wanted), "issued");
    for (const auto* stem : {"server", "both"})
      EXPECT_EQ(openssl_verify("sslserver", wanted.out, stem), 0) << test::slurp(folder_ / "openssl.txt");
    for (const auto* stem : {"client", "both"})
      EXPECT_EQ(openssl_verify("sslclient", wanted.out, stem), 0) << test::slurp(folder_ / "openssl.txt");
    EXPECT_NE(openssl_verify("sslclient", wanted.out, "server"), 0);
    EXPECT_NE(openssl_verify("sslserver", wanted.out, "client"), 0);
  }
}

TEST_F(AuthorityTest, ANameTooLongForTheSubjectStandsInTheOtherNames) {
  const std::string name = std::string(60, 'a') + ".ringwall.test";
  ASSERT_EQ(refusal(request(name)), "issued");
  EXPECT_EQ(openssl_verify("sslserver", folder_ / "out", "server"), 0) << test::slurp(folder_ / "openssl.txt");
  const auto identity = load_identity(folder_ / "out", crypto::Purpose::server, now_);
  ASSERT_TRUE(identity);
  EXPECT_TRUE(identity->leaf().identifies(name));
}

TEST_F(AuthorityTest, ProfilesSayWhatTheyAreFor) {
  auto wanted = request();
  wanted.uses = {Use::server, Use::phone, Use::both};
  const auto issued = authority_->issue(wanted, now_);
  ASSERT_TRUE(issued) << issued.error().text();
  ASSERT_THAT(*issued, SizeIs(3));
  EXPECT_THAT((*issued)[0].certificate.facts().purposes, ElementsAre("serverAuth"));
  EXPECT_THAT((*issued)[1].certificate.facts().purposes, ElementsAre("clientAuth"));
  EXPECT_THAT((*issued)[2].certificate.facts().purposes, ElementsAre("serverAuth", "clientAuth"));
  EXPECT_EQ((*issued)[1].certificate_file.filename(), "client.crt");
  for (const auto& one : *issued) {
    EXPECT_THAT(one.certificate.sip_identities(), ElementsAre("edge.ringwall.test"));
    EXPECT_THAT(one.certificate.facts().dns_names, ElementsAre("edge.ringwall.test"));
    EXPECT_EQ(one.certificate.not_after(), now_ + std::chrono::days(90));
    EXPECT_LT(one.certificate.not_before(), now_);
  }
}

TEST_F(AuthorityTest, ExistingKeysAreKeptUnlessForced) {
  ASSERT_EQ(refusal(request()), "issued");
  const auto key = test::slurp(folder_ / "out/server.key");
  EXPECT_THAT(refusal(request()), HasSubstr("--force"));
  EXPECT_EQ(test::slurp(folder_ / "out/server.key"), key);
  EXPECT_THAT(authority_->list()->records, SizeIs(2)) << "a refused request is not in the log";
  auto wanted = request();
  wanted.overwrite = true;
  EXPECT_EQ(refusal(wanted), "issued");
  EXPECT_NE(test::slurp(folder_ / "out/server.key"), key);
}

TEST_F(AuthorityTest, BadRequestsAreRefusedAndLeaveNothing) {
  EXPECT_THAT(refusal(request("*.ringwall.test")), HasSubstr("wildcard"));
  EXPECT_THAT(refusal(request("../../etc/passwd")), HasSubstr("cannot be the name"));
  auto wanted = request();
  wanted.days = std::chrono::days(0);
  EXPECT_THAT(refusal(wanted), HasSubstr("no lifetime"));
  wanted.days = std::chrono::days(826);
  EXPECT_THAT(refusal(wanted), HasSubstr("1 to 825"));
  wanted = request();
  wanted.uses = {Use::client, Use::phone};
  EXPECT_THAT(refusal(wanted), HasSubstr("client.crt"));
  wanted.uses = {};
  EXPECT_THAT(refusal(wanted), HasSubstr("no use"));
  wanted = request();
  wanted.out.clear();
  EXPECT_THAT(refusal(wanted), HasSubstr("--out"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_FALSE(fs::exists(folder_ / "site/pki/issued/log.jsonl"));
}

TEST_F(AuthorityTest, NothingOutlivesTheIssuingCa) {
  now_ += std::chrono::days(1'825 - 89);
  EXPECT_THAT(refusal(request()), HasSubstr("outlive the issuing CA"));
  auto wanted = request();
  wanted.days = std::chrono::days(80);
  EXPECT_EQ(refusal(wanted), "issued");
}

TEST_F(AuthorityTest, WhatAPeerWouldRefuseIsNotHandedOut) {
  const auto other = Authority::create(folder_ / "other/pki", now_);
  fs::copy_file(folder_ / "other/pki/anchors.pem", folder_ / "site/pki/anchors.pem",
                fs::copy_options::overwrite_existing);
  authority_ = *Authority::open(folder_ / "site/pki");
  EXPECT_THAT(refusal(request()), HasSubstr("neither sent along nor a trust anchor"));
  EXPECT_FALSE(fs::exists(folder_ / "out/server.key"));
}

TEST_F(AuthorityTest, FindsBySerialItsBeginningAndName) {
  const auto issued = *authority_->issue(request("a.test", "a"), now_);
  const auto later = *authority_->issue(request("b.test", "b"), now_);
  const auto& one = issued[0].certificate;
  EXPECT_EQ(*authority_->find(one.serial()), one);
  EXPECT_EQ(*authority_->find(one.serial().substr(0, 12)), one);
  EXPECT_FALSE(authority_->find(one.serial().substr(0, 4)));
  EXPECT_FALSE(authority_->find("ffffffffffff"));
  EXPECT_FALSE(authority_->find("../../root/root"));
  EXPECT_THAT(*authority_->find_name("B.test"), ElementsAre(later[1].certificate, later[0].certificate));
  EXPECT_THAT(authority_->find_name("c.test").error().what, HasSubstr("c.test"));
}

TEST_F(AuthorityTest, TheListFindsWhatWasChanged) {
  const auto issued = *authority_->issue(request(), now_);
  const auto file = folder_ / "site/pki/issued" / (issued[0].certificate.serial() + ".crt");
  const auto log = folder_ / "site/pki/issued/log.jsonl";
  EXPECT_THAT(authority_->list()->findings, IsEmpty());

  const auto lines = test::slurp(log);
  test::spill(log, lines.substr(0, lines.find('\n') + 1));
  EXPECT_THAT(authority_->list()->findings.at(0).what, HasSubstr("has no line for this certificate"));
  fs::remove(log);
  EXPECT_THAT(authority_->list()->findings, SizeIs(2));
  test::spill(log, lines);

  test::spill(file, issued[1].certificate.pem());
  EXPECT_THAT(authority_->list()->findings.at(0).what, HasSubstr("not the certificate that the issue log names"));
  test::spill(file, "garbage");
  EXPECT_THAT(authority_->list()->findings, SizeIs(1));
  fs::remove(file);
  EXPECT_THAT(authority_->list()->findings, IsEmpty())
      << "stopped between the line and the file: nothing was handed out";
  EXPECT_FALSE(authority_->list()->records[0].certificate);
}

/// A process that issues is killed at some moment, again and again: everything handed out is in the log, the log stays
/// whole, and issuing goes on.
TEST_F(AuthorityTest, SurvivesBeingKilled) {
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int i = 0;; ++i) {
        auto wanted = request("edge.ringwall.test", "killed" + std::to_string(round) + "." + std::to_string(i));
        wanted.uses = {Use::server};
        if (!authority_->issue(wanted, now_)) ::_exit(1);
      }
    }
    const auto sign = folder_ / ("killed" + std::to_string(round) + ".1") / "chain.pem";
    while (!fs::exists(sign) && ::waitpid(child, nullptr, WNOHANG) == 0)
      ::usleep(static_cast<useconds_t>(137 * (round + 1)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(fs::exists(sign));

    auto wanted = request("after.ringwall.test", "after" + std::to_string(round));
    ASSERT_EQ(refusal(wanted), "issued");
    const auto report = authority_->list();
    ASSERT_TRUE(report);
    EXPECT_THAT(report->findings, IsEmpty());
    EXPECT_EQ(report->note, "");
    std::set<std::string> logged;
    for (const auto& record : report->records)
      logged.insert(record.entry.fingerprint);
    for (const auto& out : fs::directory_iterator(folder_.path()))
      if (fs::exists(out.path() / "server.crt"))
        EXPECT_TRUE(logged.contains(
            crypto::Certificate::from_pem(test::slurp(out.path() / "server.crt"))->sha256_fingerprint()));
  }
}

TEST_F(AuthorityTest, SeveralProcessesMayIssueAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      for (int j = 0; j < 5; ++j)
        if (!authority_->issue(request("edge.ringwall.test", std::to_string(i) + "." + std::to_string(j)), now_))
          ::_exit(1);
      ::_exit(0);
    }
  }
  for (const auto child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(authority_->list()->records, SizeIs(40));
  EXPECT_THAT(authority_->list()->findings, IsEmpty());
}

}  // namespace
}  // namespace ringwall::pki
