#include "runtime/media_engine.h"

#include <algorithm>
#include <future>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/random.h"
#include "runtime/media_thread.h"

namespace ringwall::runtime {
namespace {

constexpr std::size_t keys_remembered = 8;

struct PortPair {
  MediaSocket rtp, rtcp;
  NetAddress address;
};

Result<std::optional<PortPair>> bind_pair(media::PacketAddress local) {
  TRY(auto rtp, MediaSocket::bind(local));
  if (!rtp) return std::optional<PortPair>();
  const NetAddress address = media::to_net_address(local);
  ++local.port;
  TRY(auto rtcp, MediaSocket::bind(local));
  if (!rtcp) return std::optional<PortPair>();
  return PortPair{std::move(*rtp), std::move(*rtcp), address};
}

/// An even port and the odd one above it (RFC 3550 section 11), from a random start, so that ports cannot be foretold.
Result<PortPair> bind_free_pair(const std::string& ip, std::uint16_t low, std::uint16_t high) {
  auto local = media::to_packet_address({ip, 1});
  if (!local) return fail(fmt::format("'{}' is no IP address", ip));
  const unsigned first = (low + 1u) & ~1u;
  if (low == 0 || first + 1 > high)
    return fail(fmt::format("the media port range {}-{} holds no pair of ports", low, high));
  const unsigned pairs = (high - first + 1) / 2;
  const auto start = static_cast<unsigned>(crypto::random_u64() % pairs);
  for (unsigned i = 0; i < pairs; ++i) {
    local->port = static_cast<std::uint16_t>(first + 2 * ((start + i) % pairs));
    TRY(auto bound, bind_pair(*local));
    if (bound) return std::move(*bound);
  }
  return fail(fmt::format("no media port from {} to {} is free", low, high), ip, "widen the media port range");
}

media::LegIdentity make_identity(media::LegId id, const NetAddress& local,
                                 std::shared_ptr<const crypto::DtlsContext> dtls) {
  const std::uint64_t a = crypto::random_u64(), b = crypto::random_u64();
  return {.id = id,
          .local = local,
          .ssrc = static_cast<std::uint32_t>(a),
          .sequence = static_cast<std::uint16_t>(a >> 32),
          .timestamp = static_cast<std::uint32_t>(b),
          .seed = static_cast<std::uint32_t>(b >> 32),
          .cname = fmt::format("{:016x}", crypto::random_u64()),  // RFC 7022: says nothing about us
          .random = crypto::random_bytes,
          .dtls = std::move(dtls)};
}

}  // namespace

struct MediaEngine::Shared {
  Post post;
  OnEvent on_event;
  MediaEngine* engine = nullptr;
  bool gone = false;  // read and written on the signalling thread only

  /// From any thread: runs `work` on the signalling thread if the engine still is.
  static void to_signalling(const std::shared_ptr<Shared>& shared, std::function<void()> work) {
    shared->post([shared, work = std::move(work)] {
      if (!shared->gone) work();
    });
  }
};

MediaEngine::MediaEngine(MediaEngineOptions options, Post post, OnEvent on_event)
    : options_(std::move(options)),
      dtls_(crypto::DtlsContext::self_signed(wall_now())),
      shared_(std::make_shared<Shared>(Shared{std::move(post), std::move(on_event)})) {
  shared_->engine = this;
  const auto events = [shared = shared_](std::vector<media::Event> list) {
    Shared::to_signalling(shared, [shared, list = std::move(list)] {
      for (const media::Event& event : list)
        shared->engine->happened(event);
    });
  };
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.threads, 1); ++i) {
    const auto processor = i < options_.processors.size() ? std::optional(options_.processors[i]) : std::nullopt;
    threads_.push_back(std::make_unique<MediaThread>(processor, events));
  }
}

MediaEngine::~MediaEngine() {
  shared_->gone = true;
  jobs_.clear();
  threads_.clear();
}

/// Keys that DTLS agreed on stay here; whoever hears of them needs only the suite.
void MediaEngine::happened(const media::Event& event) {
  const media::LegId leg = std::visit([](const auto& what) { return what.leg; }, event);
  Place* const place = find(leg);
  if (place == nullptr) return;  // closed in the meantime
  const OnEvent watcher = place->watcher;
  if (const auto* done = std::get_if<media::DtlsDone>(&event)) {
    remember(*place, done->keys);
    const media::Event without_keys = media::DtlsDone{leg, media::SrtpKeys{.suite = done->keys.suite}};
    if (watcher) watcher(without_keys);
    return shared_->on_event(without_keys);
  }
  if (watcher) watcher(event);
  shared_->on_event(event);
}

void MediaEngine::remember(Place& place, const media::SrtpKeys& keys) {
  if (place.keys.size() == keys_remembered) place.keys.erase(place.keys.begin());
  place.keys.push_back(keys);
}

void MediaEngine::watch(media::LegId leg, OnEvent on_event) {
  if (Place* const place = find(leg)) place->watcher = std::move(on_event);
}

MediaEngine::Place* MediaEngine::find(media::LegId leg) {
  const auto at = legs_.find(leg);
  return at == legs_.end() ? nullptr : &at->second;
}

MediaThread& MediaEngine::choose_thread(media::LegId beside) {
  if (Place* const place = find(beside)) return *place->thread;
  return *threads_[next_thread_++ % threads_.size()];
}

Result<MediaEngine::Opened> MediaEngine::open(const std::string& ip, std::uint16_t low, std::uint16_t high,
                                              media::LegId beside) {
  if (legs_.size() >= limits::media_legs)
    return fail(fmt::format("{} media legs are open, which is the limit", legs_.size()));
  TRY(PortPair pair, bind_free_pair(ip, low, high));
  const media::LegId id = ids_.next();
  MediaThread& thread = choose_thread(beside);
  legs_[id].thread = &thread;
  const NetAddress address = pair.address;
  thread.post([leg = std::make_unique<HostedLeg>(make_identity(id, address, dtls_), Clock::now(), std::move(pair.rtp),
                                                 std::move(pair.rtcp))](MediaThread& self) mutable {
    self.adopt(std::move(leg));
  });
  return Opened{id, address};
}

Result<> MediaEngine::configure(media::LegId leg, media::LegParameters parameters) {
  Place* const place = find(leg);
  if (place == nullptr) return fail("there is no such media leg");
  TRY_VOID(media::LegSecurity::check(parameters));
  if (!media::to_packet_address(parameters.remote))
    return fail(fmt::format("'{}' is no address to send media to", parameters.remote.text()));
  if (const auto* keys = std::get_if<media::SrtpKeys>(&parameters.security)) remember(*place, *keys);
  place->takes_digits = parameters.dtmf_payload_type.has_value();
  place->codec = parameters.codec;
  place->thread->post([leg, parameters = std::move(parameters)](MediaThread& self) mutable {
    HostedLeg* const hosted = self.find(leg);
    if (hosted == nullptr) return;
    hosted->configure(std::move(parameters), Clock::now());
    MediaThread::follow_peer(*hosted);
  });
  return {};
}

/// Waits until the old thread has let go (about a millisecond when it is busy): no command for the leg can then
/// overtake it.
void MediaEngine::move(media::LegId leg, Place& place, MediaThread& to) {
  if (place.thread == &to) return;
  std::promise<std::unique_ptr<HostedLeg>> promise;
  auto handed_over = promise.get_future();
  place.thread->post([leg, &promise](MediaThread& self) { promise.set_value(self.give_up(leg)); });
  to.post([hosted = handed_over.get()](MediaThread& self) mutable { self.adopt(std::move(hosted)); });
  place.thread = &to;
}

void MediaEngine::relay(media::LegId a, media::LegId b) {
  Place *const place_a = find(a), *const place_b = find(b);
  if (place_a == nullptr || place_b == nullptr || a == b || place_a->partner == b) return;
  unrelay(a);
  unrelay(b);
  move(b, *place_b, *place_a->thread);
  place_a->partner = b;
  place_b->partner = a;
  place_a->thread->post([a, b](MediaThread& self) {
    HostedLeg *const leg_a = self.find(a), *const leg_b = self.find(b);
    if (leg_a != nullptr && leg_b != nullptr) media::Leg::relay(*leg_a, *leg_b);
  });
}

void MediaEngine::unrelay(media::LegId leg) {
  Place* const place = find(leg);
  if (place == nullptr || !place->partner) return;
  if (Place* const partner = find(place->partner)) partner->partner = {};
  place->partner = {};
  place->thread->post([leg](MediaThread& self) {
    if (HostedLeg* const hosted = self.find(leg)) hosted->unrelay();
  });
}

void MediaEngine::play(media::LegId leg, media::Playlist playlist) {
  Place* const place = find(leg);
  if (place == nullptr) return;
  prompts_.encode(playlist, place->codec);
  place->thread->post([leg, playlist = std::move(playlist)](MediaThread& self) mutable {
    if (HostedLeg* const hosted = self.find(leg)) hosted->play(std::move(playlist));
  });
}

void MediaEngine::stop_playing(media::LegId leg) {
  if (Place* const place = find(leg))
    place->thread->post([leg](MediaThread& self) {
      if (HostedLeg* const hosted = self.find(leg)) hosted->stop_playing();
    });
}

Result<> MediaEngine::send_digits(media::LegId leg, std::string_view digits) {
  Place* const place = find(leg);
  if (place == nullptr) return fail("there is no such media leg");
  if (!place->takes_digits) return fail("the peer takes no telephone events", {}, "offer telephone-event to it");
  TRY_VOID(media::DtmfSender().queue(digits));
  place->thread->post([leg, digits = std::string(digits)](MediaThread& self) {
    HostedLeg* const hosted = self.find(leg);
    if (hosted == nullptr) return;
    if (const auto queued = hosted->send_digits(digits); !queued)
      log::warning("media", "leg {}: {}", leg, queued.error().text());
  });
  return {};
}

void MediaEngine::start_tone(media::LegId leg, double hz) {
  if (Place* const place = find(leg))
    place->thread->post([leg, hz](MediaThread& self) {
      if (HostedLeg* const hosted = self.find(leg)) hosted->start_tone(hz);
    });
}

void MediaEngine::stop_tone(media::LegId leg) {
  if (Place* const place = find(leg))
    place->thread->post([leg](MediaThread& self) {
      if (HostedLeg* const hosted = self.find(leg)) hosted->stop_tone();
    });
}

void MediaEngine::start_recording(media::LegId leg) {
  if (Place* const place = find(leg))
    place->thread->post([leg](MediaThread& self) {
      if (HostedLeg* const hosted = self.find(leg)) hosted->start_recording();
    });
}

void MediaEngine::take_recording(media::LegId leg, std::function<void(media::Pcm)> done) {
  Place* const place = find(leg);
  if (place == nullptr) return Shared::to_signalling(shared_, [done = std::move(done)] { done(nullptr); });
  place->thread->post([leg, done = std::move(done), shared = shared_](MediaThread& self) {
    HostedLeg* const hosted = self.find(leg);
    const media::Pcm recording = hosted == nullptr ? nullptr : hosted->take_recording();
    Shared::to_signalling(shared, [done, recording] { done(recording); });
  });
}

void MediaEngine::tap(media::LegId leg, std::shared_ptr<media::RecordingTap> tap) {
  if (Place* const place = find(leg))
    place->thread->post([leg, tap = std::move(tap)](MediaThread& self) mutable {
      if (HostedLeg* const hosted = self.find(leg)) hosted->tap(std::move(tap));
    });
}

void MediaEngine::report(media::LegId leg, std::function<void(std::optional<media::LegReport>)> done) {
  Place* const place = find(leg);
  if (place == nullptr) return Shared::to_signalling(shared_, [done = std::move(done)] { done(std::nullopt); });
  place->thread->post([leg, done = std::move(done), shared = shared_](MediaThread& self) {
    HostedLeg* const hosted = self.find(leg);
    const auto report = hosted == nullptr ? std::nullopt : std::optional(hosted->report_with_drops());
    Shared::to_signalling(shared, [done, report] { done(report); });
  });
}

void MediaEngine::forget_kept_keys(Time now) {
  while (!kept_order_.empty()) {
    const auto oldest = kept_.find(kept_order_.front());
    CHECK(oldest != kept_.end());
    if (now < oldest->second.until) return;
    kept_.erase(oldest);
    kept_order_.pop_front();
  }
}

void MediaEngine::authenticate(media::LegId leg, std::vector<CapturedPacket> packets,
                               std::function<void(std::optional<AuthenticationReport>)> done) {
  forget_kept_keys(Clock::now());
  std::erase_if(jobs_, [](const Job& job) { return job.done->load(); });
  std::vector<media::SrtpKeys> keys;
  if (const Place* const place = find(leg))
    keys = place->keys;
  else if (const auto kept = kept_.find(leg); kept != kept_.end())
    keys = kept->second.keys;
  if (keys.empty() || packets.size() > limits::captured_packets)
    return Shared::to_signalling(shared_, [done = std::move(done)] { done(std::nullopt); });
  auto finished = std::make_shared<std::atomic<bool>>(false);
  jobs_.push_back(Job{finished, std::jthread([keys = std::move(keys), packets = std::move(packets),
                                              done = std::move(done), finished, shared = shared_] {
                        const auto report = media::authenticate(keys, packets);
                        Shared::to_signalling(shared, [done, report] { done(report); });
                        finished->store(true);
                      })});
}

void MediaEngine::close(media::LegId leg, std::function<void(std::optional<media::LegReport>)> done) {
  Place* const place = find(leg);
  if (place == nullptr) {
    if (done) Shared::to_signalling(shared_, [done = std::move(done)] { done(std::nullopt); });
    return;
  }
  unrelay(leg);
  forget_kept_keys(Clock::now());
  if (options_.keep_keys > Duration::zero()) {
    kept_[leg] = Kept{std::move(place->keys), Clock::now() + options_.keep_keys};
    kept_order_.push_back(leg);
  }
  place->thread->post([leg, done = std::move(done), shared = shared_](MediaThread& self) {
    HostedLeg* const hosted = self.find(leg);
    const auto report = hosted == nullptr ? std::nullopt : std::optional(hosted->report_with_drops());
    self.close(leg);
    if (done) Shared::to_signalling(shared, [done, report] { done(report); });
  });
  legs_.erase(leg);
}

}  // namespace ringwall::runtime
