// Two legs agree on keys by DTLS over loopback: what their descriptions say, and what becomes of it.
#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "call/audio_leg.h"

namespace ringwall::call {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// A signalling thread in small, with one engine for each end.
class AudioLegDtls : public testing::Test {
 protected:
  static runtime::MediaEngine::Post post(AudioLegDtls& self) {
    return [&self](std::function<void()> work) {
      const std::lock_guard lock(self.mutex_);
      self.queue_.push_back(std::move(work));
      self.wake_.notify_one();
    };
  }
  template <class Condition>
  bool until(Condition condition) {
    for (const Time end = Clock::now() + 15s; !condition();) {
      std::function<void()> work;
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait_until(lock, end, [&] { return !queue_.empty(); })) return false;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
    return true;
  }
  static std::unique_ptr<AudioLeg> open(runtime::MediaEngine& engine, std::vector<sdp::KeyExchange> exchanges) {
    AudioLegOptions options;
    options.ip = "127.64.2.1";
    options.port_low = 20'000;
    options.port_high = 29'999;
    options.suites = {"AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"};
    options.key_exchanges = std::move(exchanges);
    auto out = AudioLeg::open(engine, std::move(options));
    EXPECT_TRUE(out.has_value());
    return std::move(*out);
  }
  /// One offer and its answer; what each said.
  std::pair<std::string, std::string> exchange(AudioLeg& from, AudioLeg& to) {
    const std::string offer = from.offer();
    const auto answer = to.answer(offer);
    EXPECT_TRUE(answer.has_value()) << answer.error().text();
    const auto applied = from.answered(*answer);
    EXPECT_TRUE(applied.has_value()) << applied.error().text();
    return {offer, *answer};
  }
  bool agreed() {
    return until([&] { return caller_->suite() == "AEAD_AES_128_GCM" && called_->suite() == "AEAD_AES_128_GCM"; });
  }
  static std::string line(const std::string& description, std::string_view name) {
    const std::size_t at = description.find(name);
    return at == std::string::npos ? "" : description.substr(at, description.find('\r', at) - at);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  runtime::MediaEngine here_{{}, post(*this), [](const media::Event&) {}},
      there_{{}, post(*this), [](const media::Event&) {}};
  std::unique_ptr<AudioLeg> caller_ = open(here_, {sdp::KeyExchange::dtls}),
                            called_ = open(there_, {sdp::KeyExchange::sdes, sdp::KeyExchange::dtls});
};

TEST_F(AudioLegDtls, AgreesOnTheSuiteOnTheMediaPath) {
  const auto [offer, answer] = exchange(*caller_, *called_);
  EXPECT_THAT(offer, HasSubstr("UDP/TLS/RTP/SAVP"));
  EXPECT_THAT(offer, HasSubstr("a=setup:actpass"));
  EXPECT_THAT(offer, Not(HasSubstr("a=crypto")));
  EXPECT_THAT(answer, HasSubstr("a=setup:active"));
  EXPECT_EQ(caller_->suite(), "");
  EXPECT_TRUE(agreed());
}

TEST_F(AudioLegDtls, AReInviteKeepsTheAssociation) {
  const auto [offer, answer] = exchange(*caller_, *called_);
  ASSERT_TRUE(agreed());
  const auto [again, second_answer] = exchange(*called_, *caller_);  // the other way about
  EXPECT_THAT(again, HasSubstr("UDP/TLS/RTP/SAVP"));                 // its options prefer SDES, but DTLS is in use
  EXPECT_EQ(line(again, "a=tls-id"), line(answer, "a=tls-id"));
  EXPECT_EQ(line(second_answer, "a=tls-id"), line(offer, "a=tls-id"));
  EXPECT_THAT(second_answer, HasSubstr("a=setup:passive"));  // the role that it had
  EXPECT_EQ(caller_->suite(), "AEAD_AES_128_GCM");
  EXPECT_EQ(called_->suite(), "AEAD_AES_128_GCM");
}

TEST_F(AudioLegDtls, FreshKeysAreANewAssociationOnBothSides) {
  const auto [offer, answer] = exchange(*caller_, *called_);
  ASSERT_TRUE(agreed());
  caller_->renew_keys();
  const auto [again, second_answer] = exchange(*caller_, *called_);
  EXPECT_NE(line(again, "a=tls-id"), line(offer, "a=tls-id"));
  EXPECT_NE(line(second_answer, "a=tls-id"), line(answer, "a=tls-id"));
  EXPECT_EQ(caller_->suite(), "");  // until the new handshake is done
  EXPECT_TRUE(agreed());
}

TEST_F(AudioLegDtls, AWrongFingerprintIsToldWithItsReason) {
  std::string why_here, why_there;
  caller_->when_failed([&](const Error& why) { why_here = why.what; });
  called_->when_failed([&](const Error& why) { why_there = why.what; });
  std::string offer = caller_->offer();
  const std::size_t at = offer.find("a=fingerprint:sha-256 ") + 22;
  offer[at] = offer[at] == 'A' ? 'B' : 'A';
  const auto answer = called_->answer(offer);
  ASSERT_TRUE(answer && caller_->answered(*answer));
  ASSERT_TRUE(until([&] { return !why_here.empty() && !why_there.empty(); }));
  EXPECT_THAT(why_there, HasSubstr("not the signalled fingerprint"));
  EXPECT_THAT(why_here, HasSubstr("refused the DTLS handshake"));
  EXPECT_EQ(caller_->suite() + called_->suite(), "");
  EXPECT_EQ(no_audio_reason({"it said \"no\"", {}, {}}).front().second, "SIP;cause=488;text=\"it said  no \"");
}

TEST_F(AudioLegDtls, TheEngineKeepsTheKeysForTheProof) {
  exchange(*caller_, *called_);
  ASSERT_TRUE(agreed());
  std::optional<std::optional<runtime::AuthenticationReport>> report;
  here_.authenticate(caller_->leg(), {{.from_peer = true, .bytes = Buffer(60, 0x80)}},
                     [&](auto found) { report = std::move(found); });
  ASSERT_TRUE(until([&] { return report.has_value(); }));
  ASSERT_TRUE(report->has_value());  // "none" if it had no keys
  EXPECT_EQ((*report)->from_peer.packets, 1u);
  EXPECT_EQ((*report)->from_peer.authenticated, 0u);
}

}  // namespace
}  // namespace ringwall::call
