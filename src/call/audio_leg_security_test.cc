// An encrypted leg says and hears nothing but under keys that were agreed on, and asks for fresh ones before those may
// protect nothing more (RFC 3711 section 9.2, RFC 4568 section 6.1).
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/limits.h"
#include "call/audio_leg.h"
#include "crypto/random.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::call {
namespace {

using namespace std::chrono_literals;

/// A signalling thread in small.
class Signalling {
 public:
  runtime::MediaEngine::Post post() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
      wake_.notify_one();
    };
  }
  /// Runs what is posted for so long.
  void run(std::chrono::milliseconds time) {
    until([] { return false; }, time);
  }
  /// The same, but no longer than until `condition` holds.
  template <class Condition>
  bool until(Condition condition, std::chrono::milliseconds time) {
    const Time end = Clock::now() + time;
    std::unique_lock lock(mutex_);
    while (!condition()) {
      if (!wake_.wait_until(lock, end, [&] { return !queue_.empty(); })) return false;
      const auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
};

/// The other end: answers offers, and sends as fast as it is asked to.
class Peer {
 public:
  Peer() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in own = address("127.63.1.2", 0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    socklen_t size = sizeof own;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size);
    port_ = ntohs(own.sin_port);
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::string answer(const std::string& offer, const std::string& lifetime) {
    auto offered = sdp::parse(offer);
    auto made = sdp::make_answer(*offered, local());
    EXPECT_TRUE(made) << made.error().text();
    made->answer.media.front().crypto.front().lifetime = lifetime;
    target_ = address(offered->media.front().address, offered->media.front().port);
    sender_.emplace(media::Suite::aes_256_cm_hmac_sha1_80, made->agreed.local_key.reveal());
    return sdp::print(made->answer);
  }
  /// An offer of ours, with what makes it weak.
  std::string offer(const std::string& profile, const std::string& parameters) {
    sdp::Local local = this->local();
    sdp::SessionDescription out = sdp::make_offer(local);
    weaken(out.media.front(), profile, parameters);
    return sdp::print(out);
  }
  std::string weak_answer(const std::string& offer, const std::string& profile, const std::string& parameters) {
    auto made = sdp::make_answer(*sdp::parse(offer), local());
    weaken(made->answer.media.front(), profile, parameters);
    return sdp::print(made->answer);
  }
  /// What has come since the last time.
  std::vector<Buffer> received() {
    std::vector<Buffer> out;
    Buffer packet(2'000);
    for (ssize_t size; (size = ::recv(socket_, packet.data(), packet.size(), MSG_DONTWAIT)) > 0;)
      out.emplace_back(packet.begin(), packet.begin() + size);
    return out;
  }
  void send_clear(const NetAddress& to, int packets) {
    target_ = address(to.ip, to.port);
    Buffer packet(172);
    for (; packets > 0; --packets) {
      media::write_rtp_header(packet, {.sequence = sequence_++, .ssrc = 5});
      (void)::sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&target_),
                     sizeof target_);
    }
  }
  void send(int packets) {
    for (; packets > 0; --packets) {
      Buffer packet(172 + media::srtp_expansion);
      const media::RtpHeader header{.sequence = sequence_++, .ssrc = 5};
      media::write_rtp_header(packet, header);
      const auto sealed = sender_->protect_rtp(packet, 172, header);
      (void)::sendto(socket_, packet.data(), sealed.size, 0, reinterpret_cast<const sockaddr*>(&target_),
                     sizeof target_);
    }
  }

 private:
  [[nodiscard]] sdp::Local local() const {
    sdp::Local out;
    out.address = {"127.63.1.2", port_};
    out.codecs = {"PCMU"};
    out.suites = {"AES_256_CM_HMAC_SHA1_80"};
    out.random_key = [](std::size_t bytes) { return crypto::random_key(bytes); };
    return out;
  }
  static void weaken(sdp::MediaDescription& media, const std::string& profile, const std::string& parameters) {
    media.protocol = profile;
    if (parameters == "no key")
      media.crypto.clear();
    else
      media.crypto.front().session_parameters = parameters;
  }
  static sockaddr_in address(const std::string& ip, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    inet_pton(AF_INET, ip.c_str(), &out.sin_addr);
    return out;
  }
  int socket_;
  std::uint16_t port_ = 0;
  sockaddr_in target_{};
  std::optional<media::SrtpSender> sender_;
  std::uint16_t sequence_ = 1;
};

class AudioLegTest : public testing::Test {
 protected:
  void SetUp() override {
    AudioLegOptions options;
    options.ip = "127.63.1.1";
    options.suites = {"AES_256_CM_HMAC_SHA1_80"};
    auto opened = AudioLeg::open(engine_, std::move(options));
    ASSERT_TRUE(opened) << opened.error().text();
    leg_ = std::move(*opened);
    leg_->when_keys_run_out([this] {
      ++asked_;
      if (renews_) offer_and_answer("");
    });
  }
  void offer_and_answer(const std::string& lifetime) {
    offers_.push_back(leg_->offer());
    const auto applied = leg_->answered(peer_.answer(offers_.back(), lifetime));
    ASSERT_TRUE(applied) << applied.error().text();
  }
  media::LegReport report() {
    std::optional<media::LegReport> out;
    engine_.report(leg_->leg(), [&](const auto& report) { out = report.value_or(media::LegReport{}); });
    signalling_.until([&] { return out.has_value(); }, 5s);
    return out.value_or(media::LegReport{});
  }
  std::uint64_t received() { return report().received.packets; }
  /// So many that arrive; sockets may lose some of what comes fast.
  void send(std::uint64_t packets) {
    const std::uint64_t goal = received() + packets;
    for (std::uint64_t now = received(), tries = 0; now < goal && tries < 2'000; now = received(), ++tries) {
      const std::uint64_t portion = std::min<std::uint64_t>(32, goal - now);
      peer_.send(static_cast<int>(portion));
      for (int wait = 0; wait < 50 && received() < now + portion; ++wait)
        signalling_.run(1ms);
    }
    EXPECT_EQ(received(), goal);
  }
  /// For a while: nothing comes out, and nothing that goes in is taken.
  void expect_silence(const NetAddress& leg) {
    peer_.send_clear(leg, 10);
    signalling_.run(120ms);
    EXPECT_TRUE(peer_.received().empty());
    EXPECT_EQ(report().sent.packets, 0u);
    EXPECT_EQ(report().received.packets, 0u);
  }
  static std::string key_of(const std::string& offer) {
    const auto parsed = sdp::parse(offer);
    return std::string(as_text(parsed->media.front().crypto.front().key_and_salt.reveal()));
  }

  Signalling signalling_;
  runtime::MediaEngine engine_{{}, signalling_.post(), [](const media::Event&) {}};
  Peer peer_;
  std::unique_ptr<AudioLeg> leg_;
  std::vector<std::string> offers_;
  int asked_ = 0;
  bool renews_ = true;
};

using Renewal = AudioLegTest;
constexpr std::uint64_t lifetime = limits::srtp_least_key_lifetime;

TEST_F(Renewal, FreshKeysAreOfferedBeforeTheOldOnesEnd) {
  offer_and_answer("2^12");
  send(lifetime - lifetime / 8 - 1);
  signalling_.run(100ms);
  EXPECT_EQ(asked_, 0);
  send(1);
  signalling_.run(200ms);
  EXPECT_EQ(asked_, 1);
  ASSERT_EQ(offers_.size(), 2u);
  EXPECT_NE(key_of(offers_[0]), key_of(offers_[1]));
  send(lifetime);  // under the new keys, which last
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(leg_->suite(), "AES_256_CM_HMAC_SHA1_80");
}

TEST_F(Renewal, WithoutFreshKeysTheOldOnesEnd) {
  renews_ = false;
  offer_and_answer("4096");
  send(lifetime);
  signalling_.run(100ms);
  EXPECT_GT(asked_, 1) << "asked again, ever closer to the end";
  const std::uint64_t before = received();
  peer_.send(50);
  signalling_.run(200ms);
  EXPECT_EQ(received(), before);
  renews_ = true;
  offer_and_answer("");
  send(50);
}

TEST_F(Renewal, NothingIsAskedWhileAnOfferIsOut) {
  renews_ = false;
  offer_and_answer("4096");
  const std::string offer = leg_->offer();
  send(lifetime - 8);
  signalling_.run(100ms);
  EXPECT_EQ(asked_, 0);
  leg_->offer_refused();
  send(4);
  signalling_.run(100ms);
  EXPECT_GE(asked_, 1);
}

struct Weak {
  const char* profile;
  const char* parameters;
};
constexpr Weak weak_descriptions[]{{"RTP/AVP", "no key"},
                                   {"RTP/AVP", ""},
                                   {"RTP/SAVP", "no key"},
                                   {"RTP/SAVP", "UNENCRYPTED_SRTP"},
                                   {"RTP/SAVP", "UNENCRYPTED_SRTCP"},
                                   {"RTP/SAVP", "UNAUTHENTICATED_SRTP"},
                                   {"RTP/SAVP", "KDR=1"},
                                   {"RTP/SAVP", "SOMETHING_NEW"}};

using Encrypted = AudioLegTest;

TEST_F(Encrypted, NothingLeavesBeforeTheAnswerToOurOffer) {
  engine_.start_tone(leg_->leg(), 440);
  const std::string offer = leg_->offer();
  const auto parsed = sdp::parse(offer);
  const NetAddress address{parsed->media.front().address, parsed->media.front().port};
  expect_silence(address);
  for (const Weak& weak : weak_descriptions) {
    EXPECT_FALSE(leg_->early_answered(peer_.weak_answer(offer, weak.profile, weak.parameters))) << weak.parameters;
    EXPECT_FALSE(leg_->answered(peer_.weak_answer(offer, weak.profile, weak.parameters))) << weak.parameters;
  }
  expect_silence(address);
  ASSERT_TRUE(leg_->answered(peer_.answer(offer, "")));
  peer_.send_clear(address, 10);
  signalling_.run(200ms);
  EXPECT_EQ(report().received.packets, 0u);
  media::SrtpReceiver receiver(media::Suite::aes_256_cm_hmac_sha1_80, as_bytes(key_of(offer)));
  const auto heard = peer_.received();
  EXPECT_GE(heard.size(), 3u);
  for (Buffer packet : heard) {
    if (media::is_rtcp(packet)) continue;
    EXPECT_EQ(receiver.unprotect_rtp(packet, *media::parse_rtp_header(packet)).status, media::SrtpStatus::ok);
  }
}

TEST_F(Encrypted, NothingLeavesForAWeakOffer) {
  engine_.start_tone(leg_->leg(), 440);
  for (const Weak& weak : weak_descriptions) {
    const std::string offer = peer_.offer(weak.profile, weak.parameters);
    EXPECT_FALSE(leg_->acceptable(offer)) << weak.profile << weak.parameters;
    EXPECT_FALSE(leg_->answer(offer)) << weak.profile << weak.parameters;
  }
  signalling_.run(120ms);
  EXPECT_TRUE(peer_.received().empty());
  EXPECT_EQ(report().sent.packets, 0u);
  EXPECT_TRUE(leg_->answer(peer_.offer("RTP/SAVP", "WSH=64")));
  signalling_.run(120ms);
  EXPECT_FALSE(peer_.received().empty());
}

TEST_F(Encrypted, AWeakOfferWithinTheCallChangesNothing) {
  engine_.start_tone(leg_->leg(), 440);
  offer_and_answer("");
  for (const Weak& weak : weak_descriptions)
    EXPECT_FALSE(leg_->answer(peer_.offer(weak.profile, weak.parameters))) << weak.profile << weak.parameters;
  (void)peer_.received();
  send(20);
  media::SrtpReceiver receiver(media::Suite::aes_256_cm_hmac_sha1_80, as_bytes(key_of(offers_.front())));
  auto heard = peer_.received();
  for (int wait = 0; heard.empty() && wait < 50; ++wait) {
    signalling_.run(20ms);
    heard = peer_.received();
  }
  ASSERT_FALSE(heard.empty());
  for (Buffer packet : heard) {
    if (media::is_rtcp(packet)) continue;
    EXPECT_EQ(receiver.unprotect_rtp(packet, *media::parse_rtp_header(packet)).status, media::SrtpStatus::ok);
  }
}

}  // namespace
}  // namespace ringwall::call
