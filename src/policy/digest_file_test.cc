#include "policy/digest_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "policy/draft.h"
#include "policy/rules.h"

namespace ringwall::policy {
namespace {

using crypto::DigestAlgorithm;
using testing::HasSubstr;

const std::string hex64(64, 'a');
const std::string hex32(32, 'b');

class DigestFileTest : public testing::Test {
 protected:
  DigestFileTest() {
    std::string name = "/tmp/ringwall-digest-XXXXXX";
    folder = mkdtemp(name.data());
  }
  ~DigestFileTest() override { std::filesystem::remove_all(folder); }

  std::filesystem::path write(const std::string& text, mode_t mode = 0600) {
    const auto file = folder / "1001.digest";
    std::ofstream(file) << text;
    EXPECT_EQ(chmod(file.c_str(), mode), 0);
    return file;
  }
  void refused(const std::string& text, const std::string& what, const std::string& where = "1001.digest") {
    const auto read = read_digest_file(write(text));
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().what, HasSubstr(what));
    EXPECT_THAT(read.error().where, HasSubstr(where));
    EXPECT_THAT(read.error().text(), testing::Not(HasSubstr(hex32))) << "never the secret";
  }

  std::filesystem::path folder;
};

TEST_F(DigestFileTest, WhatIsPrintedIsRead) {
  const std::vector<DigestSecret> secrets = {{"1001", "a:b c", DigestAlgorithm::sha_256, Secret(hex64)},
                                             {"1001", "a:b c", DigestAlgorithm::md5, Secret(hex32)}};
  const auto read =
      read_digest_file(write("# a comment\n\n" + std::string(as_text(print_digest_file(secrets).reveal()))));
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].user, "1001");
  EXPECT_EQ((*read)[0].realm, "a:b c");
  EXPECT_EQ((*read)[0].algorithm, DigestAlgorithm::sha_256);
  EXPECT_EQ(as_text((*read)[1].a1.reveal()), hex32);
}

TEST_F(DigestFileTest, MistakesAreNamedByTheirLine) {
  refused("\n1001\n", "not user:realm", "1001.digest:2");
  refused("1001:r:MD5\n", "not user:realm", "1001.digest:1");
  refused("1001:r:SHA-1:" + hex32, "algorithm");
  refused("1001:r:SHA-256:" + hex32, "64 hex digits");
  refused("1001:r:MD5:" + hex32.substr(1) + "x", "32 hex digits");
  refused("1001:r:MD5:" + hex32 + "\n1001:r:md5:" + hex32, "twice", "1001.digest:2");
  refused("# nothing\n", "no digest secret");
}

TEST_F(DigestFileTest, OthersMayNotReadIt) {
  for (const mode_t mode : {0640, 0604, 0660}) {
    const auto read = read_digest_file(write("1001:r:MD5:" + hex32, mode));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().what, HasSubstr("others than its owner"));
    EXPECT_THAT(read.error().mend, HasSubstr("chmod 600"));
  }
  EXPECT_FALSE(read_digest_file(folder / "missing"));
}

class CheckDigestTest : public DigestFileTest {
 protected:
  CheckDigestTest() {
    draft.site.domain = "ringwall.test";
    draft.site.profiles = {{.name = "soft", .digest = true}, {.name = "plain"}};
    draft.site.phones = {{"soft.ringwall.test", "1001", "soft", folder / "1001.digest"}};
    Trunk trunk;
    trunk.name = "carrier";
    trunk.profile = "plain";
    draft.site.trunks = {trunk};
    write("1001:ringwall.test:SHA-256:" + hex64);
  }
  void finds(const std::string& what, const std::string& mend) {
    draft.findings.clear();
    check_digest(draft);
    ASSERT_EQ(draft.findings.size(), 1U) << what;
    EXPECT_THAT(draft.findings[0].what, HasSubstr(what));
    EXPECT_THAT(draft.findings[0].mend, HasSubstr(mend));
  }
  void is_good() {
    draft.findings.clear();
    check_digest(draft);
    EXPECT_TRUE(draft.findings.empty()) << draft.findings[0].text();
  }

  Draft draft;
};

TEST_F(CheckDigestTest, APhonesSecretsAreForItsLineAndTheSite) {
  is_good();
  write("1002:ringwall.test:SHA-256:" + hex64);
  finds("user '1002'", "phone-device secret 1001");
  write("1001:elsewhere.test:SHA-256:" + hex64);
  finds("realm 'elsewhere.test'", "phone-device secret 1001");
  write("1001:ringwall.test:MD5:" + hex32);
  finds("MD5 secret only", "md5 = true");
  draft.site.profiles[0].md5 = true;
  is_good();
}

TEST_F(CheckDigestTest, ProfileAndPhoneAgree) {
  draft.site.phones[0].digest.clear();
  finds("has no digest secrets", "digest = \"secrets/1001.digest\"");
  draft.site.phones[0].digest = folder / "missing";
  finds("missing", "phone-device secret 1001");
  draft.site.phones[0].digest = folder / "1001.digest";
  draft.site.profiles[0].digest = false;
  finds("asks for no digest", "digest = true");
  draft.site.phones.clear();
  draft.site.profiles[0].digest = true;
  draft.site.profiles[0].mode = Mode::clear;
  finds("is clear and asks for digest", "remove digest");
}

TEST_F(CheckDigestTest, ATrunkNeedsUserAndFileTogether) {
  draft.site.trunks[0].user = "us";
  finds("needs both user and digest", "digest = ");
  draft.site.trunks[0].digest = folder / "1001.digest";
  finds("are for user '1001'", "trunk secret carrier");
  draft.site.trunks[0].user = "1001";
  is_good();
  draft.site.trunks[0].user.clear();
  finds("needs both user and digest", "user = ");
}

}  // namespace
}  // namespace ringwall::policy
