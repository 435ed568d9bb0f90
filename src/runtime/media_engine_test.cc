#include "runtime/media_engine.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>

#include "media/record/tone.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;
using media::LegId;
using media::Suite;

/// A signalling thread in small: runs what the engines post until a condition holds.
class Signalling {
 public:
  MediaEngine::Post post() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
      wake_.notify_one();
    };
  }
  /// False after 20 s, which is "never".
  template <class Condition>
  bool until(Condition condition) {
    const Time end = Clock::now() + 20s;
    while (!condition()) {
      std::function<void()> work;
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait_until(lock, std::min(end, Clock::now() + 10ms), [&] { return !queue_.empty(); })) {
          if (Clock::now() >= end) return false;
          continue;
        }
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
};

struct Engine {
  explicit Engine(Signalling& signalling_thread, MediaEngineOptions options = {})
      : signalling(signalling_thread),
        engine(std::move(options), signalling.post(), [this](const media::Event& event) { events.push_back(event); }) {}

  MediaEngine::Opened open(LegId beside = {}) {
    auto opened = engine.open("127.0.0.1", 20'000, 39'999, beside);
    EXPECT_TRUE(opened) << opened.error().text();
    return *opened;
  }
  media::LegReport report(LegId leg) {
    std::optional<media::LegReport> out;
    bool done = false;
    engine.report(leg, [&](auto report) { out = report, done = true; });
    EXPECT_TRUE(signalling.until([&] { return done; }));
    return out.value_or(media::LegReport{});
  }
  media::Pcm recording(LegId leg) {
    media::Pcm out;
    bool done = false;
    engine.take_recording(leg, [&](media::Pcm pcm) { out = pcm, done = true; });
    EXPECT_TRUE(signalling.until([&] { return done; }));
    return out;
  }
  /// Waits until the leg has received so many packets more.
  bool receives(LegId leg, std::uint64_t more) {
    const std::uint64_t goal = report(leg).received.packets + more;
    return signalling.until([&] { return report(leg).received.packets >= goal; });
  }

  Signalling& signalling;
  std::vector<media::Event> events;
  MediaEngine engine;
};

Secret key_for(Suite suite, std::uint8_t salt) {
  return Secret(Buffer(media::lengths(suite).key_and_salt(), salt));
}

media::LegParameters parameters(const NetAddress& remote, Suite suite, std::uint8_t local, std::uint8_t peer) {
  return {.remote = remote,
          .codec = media::Codec::pcmu,
          .payload_type = 0,
          .dtmf_payload_type = 101,
          .security = media::SrtpKeys{suite, key_for(suite, local), key_for(suite, peer)}};
}

void connect(Engine& a, const MediaEngine::Opened& leg_a, Engine& b, const MediaEngine::Opened& leg_b, Suite suite,
             std::uint8_t salt) {
  const auto other = static_cast<std::uint8_t>(salt + 1);
  ASSERT_TRUE(a.engine.configure(leg_a.leg, parameters(leg_b.address, suite, salt, other)));
  ASSERT_TRUE(b.engine.configure(leg_b.leg, parameters(leg_a.address, suite, other, salt)));
}

media::Pcm tone_clip(double hz, std::size_t samples) {
  std::vector<std::int16_t> clip(samples);
  media::ToneGenerator(hz).fill(clip);
  return std::make_shared<const std::vector<std::int16_t>>(std::move(clip));
}

/// A socket of somebody else on this machine.
class Attacker {
 public:
  Attacker() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {}
  ~Attacker() { ::close(fd_); }
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;
  void send(const NetAddress& to, Bytes bytes) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    inet_pton(AF_INET, to.ip.c_str(), &address.sin_addr);
    (void)::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }

 private:
  int fd_;
};

TEST(MediaEngine, PortsAreEvenDistinctAndFreedAgain) {
  Signalling signalling;
  Engine host(signalling);
  std::set<std::uint16_t> ports;
  std::vector<LegId> legs;
  for (int i = 0; i < 5; ++i) {
    auto opened = host.engine.open("127.0.0.1", 41'001, 41'011);
    ASSERT_TRUE(opened) << opened.error().text();
    EXPECT_EQ(opened->address.port % 2, 0);
    ports.insert(opened->address.port);
    legs.push_back(opened->leg);
  }
  EXPECT_EQ(ports, (std::set<std::uint16_t>{41'002, 41'004, 41'006, 41'008, 41'010}));
  const auto full = host.engine.open("127.0.0.1", 41'001, 41'011);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().text().find("no media port from 41001 to 41011 is free"), std::string::npos);
  bool closed = false;
  host.engine.close(legs[2], [&](auto report) { closed = report.has_value(); });
  ASSERT_TRUE(signalling.until([&] { return closed; }));
  EXPECT_TRUE(host.engine.open("127.0.0.1", 41'001, 41'011));
  EXPECT_FALSE(host.engine.open("127.0.0.1", 41'001, 41'002));
  EXPECT_FALSE(host.engine.open("198.51.100.7", 41'001, 41'011));
  EXPECT_FALSE(host.engine.open("nowhere", 41'001, 41'011));
}

TEST(MediaEngine, UnknownLegsAnswerNone) {
  Signalling signalling;
  Engine host(signalling);
  int answers = 0;
  host.engine.report(LegId{99}, [&](auto report) { answers += !report; });
  host.engine.take_recording(LegId{99}, [&](media::Pcm pcm) { answers += pcm == nullptr; });
  host.engine.close(LegId{99}, [&](auto report) { answers += !report; });
  host.engine.authenticate(LegId{99}, {}, [&](auto report) { answers += !report; });
  host.engine.play(LegId{99}, {});
  host.engine.relay(LegId{99}, LegId{98});
  EXPECT_FALSE(host.engine.configure(LegId{99}, parameters({"127.0.0.1", 4000}, Suite::aead_aes_128_gcm, 1, 2)));
  EXPECT_FALSE(host.engine.send_digits(LegId{99}, "1"));
  EXPECT_TRUE(signalling.until([&] { return answers == 4; }));
}

TEST(MediaEngine, APromptReachesARecorderAndADigitComesBack) {
  Signalling signalling;
  Engine browser(signalling), phone(signalling);
  const auto a = browser.open(), b = phone.open();
  connect(browser, a, phone, b, Suite::aead_aes_256_gcm, 10);
  phone.engine.start_recording(b.leg);
  browser.engine.play(a.leg, {{tone_clip(1004, 8000)}, false});
  ASSERT_TRUE(phone.engine.send_digits(b.leg, "7"));
  EXPECT_FALSE(phone.engine.send_digits(b.leg, "seven"));
  const auto finished = [&] {
    return std::ranges::any_of(browser.events,
                               [](const auto& e) { return std::holds_alternative<media::PlayFinished>(e); });
  };
  ASSERT_TRUE(signalling.until(finished));
  EXPECT_GE(media::tone_ms(*phone.recording(b.leg), 1004, 0.9), 800u);
  EXPECT_EQ(phone.recording(b.leg), nullptr);
  std::vector<char> digits;
  for (const auto& event : browser.events)
    if (const auto* digit = std::get_if<media::Digit>(&event)) digits.push_back(digit->digit);
  EXPECT_EQ(digits, std::vector<char>{'7'});
  const auto report = phone.report(b.leg);
  EXPECT_EQ(report.remote, a.address);
  EXPECT_EQ(report.authentication_failures + report.refused + report.lost, 0u);
}

/// caller -- [ left  relay  right ] -- agent
struct RelayedCall {
  explicit RelayedCall(MediaEngineOptions options = {}, bool beside = true)
      : edge(signalling, std::move(options)),
        caller(outside.open()),
        agent(outside.open()),
        left(edge.open()),
        right(edge.open(beside ? left.leg : LegId{})) {
    connect(outside, caller, edge, left, Suite::aes_cm_128_hmac_sha1_80, 20);
    connect(outside, agent, edge, right, Suite::aead_aes_256_gcm, 30);
    edge.engine.relay(left.leg, right.leg);
  }
  Signalling signalling;
  Engine outside{signalling};
  Engine edge;
  MediaEngine::Opened caller, agent, left, right;
};

TEST(MediaEngine, RelaysBetweenSuitesAlsoAcrossThreads) {
  RelayedCall call({.threads = 3}, false);
  call.outside.engine.start_tone(call.caller.leg, 440);
  call.outside.engine.start_tone(call.agent.leg, 880);
  ASSERT_TRUE(call.outside.receives(call.agent.leg, 5));
  call.outside.engine.start_recording(call.caller.leg);
  call.outside.engine.start_recording(call.agent.leg);
  ASSERT_TRUE(call.outside.receives(call.agent.leg, 40));
  ASSERT_TRUE(call.outside.receives(call.caller.leg, 5));
  EXPECT_GE(media::tone_ms(*call.outside.recording(call.agent.leg), 440, 0.9), 500u);
  EXPECT_GE(media::tone_ms(*call.outside.recording(call.caller.leg), 880, 0.9), 500u);
  call.edge.engine.unrelay(call.left.leg);
  call.edge.engine.close(call.right.leg);
  call.edge.engine.play(call.left.leg, {{tone_clip(300, 8000)}, true});
  EXPECT_TRUE(call.outside.receives(call.caller.leg, 10));
}

TEST(MediaEngine, FiveThousandLegsOnOneThreadLeaveACallItsSound) {
  constexpr std::size_t many = 5'000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_max < 2 * many + 500) GTEST_SKIP() << "only " << files.rlim_max << " files may be open";
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  RelayedCall call;
  for (std::size_t i = 0; i < many; ++i) {
    const auto leg = call.edge.open();
    auto held = parameters({"127.0.0.1", 9}, Suite::aes_cm_128_hmac_sha1_80, 1, 2);
    held.send = held.receive = false;
    ASSERT_TRUE(call.edge.engine.configure(leg.leg, std::move(held)));
  }
  ASSERT_EQ(call.edge.engine.open_legs(), many + 2);
  call.outside.engine.start_tone(call.caller.leg, 440);
  ASSERT_TRUE(call.outside.receives(call.agent.leg, 5));
  call.outside.engine.start_recording(call.agent.leg);
  ASSERT_TRUE(call.outside.receives(call.agent.leg, 50));
  EXPECT_GE(media::tone_ms(*call.outside.recording(call.agent.leg), 440, 0.9), 500u);
}

TEST(MediaEngine, TenThousandForgedPacketsReachNobody) {
  RelayedCall call;
  ASSERT_TRUE(call.outside.receives(call.agent.leg, 20));
  Attacker attacker;
  Buffer forged(182, 0x5a);
  forged[0] = 0x80;
  forged[1] = 0;
  for (int i = 0; i < 10'000; ++i) {
    forged[2] = static_cast<std::uint8_t>(i >> 8);
    forged[3] = static_cast<std::uint8_t>(i);
    attacker.send(call.left.address, forged);
    if (i % 100 == 0) std::this_thread::sleep_for(1ms);
  }
  ASSERT_TRUE(call.outside.receives(call.agent.leg, 20));
  const auto left = call.edge.report(call.left.leg), right = call.edge.report(call.right.leg),
             agent = call.outside.report(call.agent.leg), caller = call.outside.report(call.caller.leg);
  EXPECT_EQ(left.remote, call.caller.address);
  EXPECT_LE(right.sent.packets, caller.sent.packets);
  EXPECT_LE(agent.received.packets, caller.sent.packets);
  EXPECT_EQ(agent.authentication_failures, 0u);
}

/// Before the peer is heard the sockets are open to all: forged packets are seen, counted, and lead nowhere.
TEST(MediaEngine, ForgedPacketsBeforeTheFirstTrueOneAreCountedAndMoveNothing) {
  Signalling signalling;
  Engine host(signalling);
  const auto leg = host.open();
  ASSERT_TRUE(host.engine.configure(leg.leg, parameters({"127.0.0.1", 9'998}, Suite::aead_aes_128_gcm, 1, 2)));
  Attacker attacker;
  Buffer forged(188, 0x11);
  forged[0] = 0x80;
  const auto failures = [&] { return host.report(leg.leg).authentication_failures; };
  ASSERT_TRUE(signalling.until([&] {
    attacker.send(leg.address, forged);
    return failures() >= 100;
  }));
  EXPECT_EQ(host.report(leg.leg).remote, (NetAddress{"127.0.0.1", 9'998}));
  EXPECT_EQ(host.report(leg.leg).received.packets, 0u);
  EXPECT_TRUE(host.events.empty());
}

TEST(MediaEngine, APeerThatMovesIsFoundAgain) {
  Signalling signalling;
  Engine edge(signalling), peer(signalling);
  const auto leg = edge.open(), first = peer.open(), second = peer.open();
  connect(peer, first, edge, leg, Suite::aead_aes_128_gcm, 40);
  ASSERT_TRUE(edge.receives(leg.leg, 10));
  EXPECT_EQ(edge.report(leg.leg).remote, first.address);
  peer.engine.close(first.leg);
  // The same keys from another port, as behind a NAT that forgot; signalling says nothing to the edge.
  ASSERT_TRUE(peer.engine.configure(second.leg, parameters(leg.address, Suite::aead_aes_128_gcm, 40, 41)));
  ASSERT_TRUE(edge.receives(leg.leg, 10));
  EXPECT_EQ(edge.report(leg.leg).remote, second.address);
  EXPECT_TRUE(peer.receives(second.leg, 10));
}

TEST(MediaEngine, CapturedPacketsAreProvenAlsoAfterTheLegIsGone) {
  Signalling signalling;
  Engine host(signalling, {.keep_keys = 60s});
  const auto leg = host.open();
  constexpr Suite suite = Suite::aead_aes_256_gcm;
  ASSERT_TRUE(host.engine.configure(leg.leg, parameters({"127.0.0.1", 9'998}, suite, 1, 2)));
  media::SrtpSender peer(suite, key_for(suite, 2).reveal());
  std::vector<CapturedPacket> packets;
  for (std::uint16_t i = 0; i < 50; ++i) {
    Buffer packet(172 + media::srtp_expansion);
    const media::RtpHeader header{.sequence = i, .ssrc = 3};
    media::write_rtp_header(packet, header);
    packet.resize(peer.protect_rtp(packet, 172, header).size);
    packets.push_back({true, packet});
  }
  packets.push_back({true, Buffer(188, 0x80)});
  packets.push_back({false, packets[0].bytes});
  for (int round = 0; round < 2; ++round) {
    std::optional<AuthenticationReport> report;
    host.engine.authenticate(leg.leg, packets, [&](auto result) { report = result; });
    ASSERT_TRUE(signalling.until([&] { return report.has_value(); }));
    EXPECT_EQ(report->from_peer.packets, 51u);
    EXPECT_EQ(report->from_peer.authenticated, 50u);
    EXPECT_EQ(report->to_peer.packets, 1u);
    EXPECT_EQ(report->to_peer.authenticated, 0u);
    host.engine.close(leg.leg);
  }
}

TEST(MediaEngine, TheKeysOfAClosedLegAreForgottenWhenTheirTimeIsOver) {
  Signalling signalling;
  Engine host(signalling, {.keep_keys = 60s});
  const auto first = host.open(), second = host.open();
  constexpr Suite suite = Suite::aead_aes_256_gcm;
  for (const auto& leg : {first, second})
    ASSERT_TRUE(host.engine.configure(leg.leg, parameters({"127.0.0.1", 9'998}, suite, 1, 2)));
  host.engine.close(second.leg);
  host.engine.close(first.leg);
  const auto closed = Clock::now();
  const auto known = [&](media::LegId leg) {
    std::optional<bool> answer;
    host.engine.authenticate(leg, {}, [&](auto result) { answer = result.has_value(); });
    EXPECT_TRUE(signalling.until([&] { return answer.has_value(); }));
    return answer == true;
  };
  host.engine.forget_kept_keys(closed + 50s);
  EXPECT_TRUE(known(first.leg));
  EXPECT_TRUE(known(second.leg));
  host.engine.forget_kept_keys(closed + 61s);
  EXPECT_FALSE(known(first.leg));
  EXPECT_FALSE(known(second.leg));
}

TEST(MediaEngine, GoesAwayInTheMiddleOfCalls) {
  Signalling signalling;
  int late = 0;
  {
    RelayedCall call({.threads = 2});
    ASSERT_TRUE(call.outside.receives(call.agent.leg, 3));
    for (int i = 0; i < 100; ++i)
      call.edge.engine.report(call.left.leg, [&](auto) { ++late; });
  }
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace ringwall::runtime
