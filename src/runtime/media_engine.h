#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/net_address.h"
#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "crypto/dtls_context.h"
#include "media/session/authentication.h"
#include "media/types.h"
#include "runtime/prompt_encoder.h"

namespace ringwall::media {
class RecordingTap;
}

namespace ringwall::runtime {

class MediaThread;

struct MediaEngineOptions {
  std::size_t threads = 1;
  std::vector<int> processors;  ///< processor of each thread; empty: not pinned
  /// How long the keys of a closed leg still answer authenticate(). Zero: they are wiped with the leg.
  Duration keep_keys{0};
};

using media::AuthenticationReport;
using media::CapturedPacket;

/// The media threads. Every function is called on the signalling thread and returns at once; what it asks for happens
/// on the thread that owns the leg, in the order of the calls. Callbacks and events come back through `post`, so they
/// run on the signalling thread too; none runs after the engine is gone. A call that names an unknown leg does nothing
/// (its callback gets "none").
///
/// Addresses: a leg's sockets are connected to the peer while packets from it arrive, which is cheaper and makes the
/// kernel drop everything from elsewhere. When nothing has arrived for 100 ms, or signalling names a new remote
/// address, the sockets are opened wide again; the next packet that authenticates decides where the peer is. A moved
/// peer thus loses at most that 100 ms.
class MediaEngine {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using OnEvent = std::function<void(const media::Event&)>;

  struct Opened {
    media::LegId leg;
    NetAddress address;  ///< the RTP address; RTCP is on the next port
  };

  MediaEngine(MediaEngineOptions options, Post post, OnEvent on_event);
  ~MediaEngine();  ///< closes every leg
  MediaEngine(const MediaEngine&) = delete;
  MediaEngine& operator=(const MediaEngine&) = delete;

  /// Binds an even RTP port and the odd RTCP port above it, both within [low, high], starting at a random one. Fails
  /// when none is free or limits::media_legs are open. `beside` names a leg that this one will be relayed to: both then
  /// start on the same thread.
  Result<Opened> open(const std::string& ip, std::uint16_t low, std::uint16_t high, media::LegId beside = {});

  /// Applies what offer and answer agreed. Nothing is sent and nothing accepted before the first call of this. Later
  /// calls re-key or move the leg and keep its counters; packets under the old remote keys are accepted until 2 s after
  /// the first one under the new keys.
  /// Fails when the keys do not have the length that their suite needs, or a clear leg names no waiver. With
  /// DtlsParameters nothing is sent and nothing accepted before DtlsDone.
  Result<> configure(media::LegId leg, media::LegParameters parameters);

  /// Passes what each of the two receives on to the other, re-encrypted, until unrelay() or close(). A leg has one
  /// partner: an earlier one is let go.
  void relay(media::LegId a, media::LegId b);
  void unrelay(media::LegId leg);

  /// Replaces what the leg plays. PlayFinished comes when the last clip ended by itself.
  void play(media::LegId leg, media::Playlist playlist);
  void stop_playing(media::LegId leg);
  /// Queues telephone events (0-9 * # A-D; ',' is half a second of pause), 100 ms each. Fails on another character,
  /// more than limits::dtmf_digits_queued at once, a peer that takes no telephone events, or an unknown leg. Digits
  /// beyond the limit of those waiting are dropped and logged.
  Result<> send_digits(media::LegId leg, std::string_view digits);
  void start_tone(media::LegId leg, double hz);
  void stop_tone(media::LegId leg);

  /// Records what the leg receives (8 kHz mono), at most limits::recording_seconds. A second start begins anew.
  void start_recording(media::LegId leg);
  /// Ends the recording and hands it over; nullptr when there was none.
  void take_recording(media::LegId leg, std::function<void(media::Pcm)> done);

  /// From now on what the leg receives and sends is put into `tap` too; nullptr ends it.
  void tap(media::LegId leg, std::shared_ptr<media::RecordingTap> tap);

  /// What happens on this leg is told here first, until it is closed; the listener may close it.
  void watch(media::LegId leg, OnEvent on_event);
  /// What every leg shows in a DTLS handshake: one certificate for the life of the process.
  [[nodiscard]] const crypto::Certificate& certificate() const { return dtls_->certificate(); }

  void report(media::LegId leg, std::function<void(std::optional<media::LegReport>)> done);
  /// Holds captured packets against every key the leg has had (newest 8 pairs), on a thread of its own. The keys do not
  /// leave the engine. "None" for a leg that never had keys.
  void authenticate(media::LegId leg, std::vector<CapturedPacket> packets,
                    std::function<void(std::optional<AuthenticationReport>)> done);
  /// Sends RTCP BYE, closes the sockets, and gives the final figures.
  void close(media::LegId leg, std::function<void(std::optional<media::LegReport>)> done = {});

  /// Wipes the keys of closed legs whose time (options.keep_keys) is over. Call it now and then.
  void forget_kept_keys(Time now);

  [[nodiscard]] std::size_t open_legs() const { return legs_.size(); }

 private:
  struct Shared;  // what callbacks on their way still need when the engine is gone
  struct Place {
    MediaThread* thread = nullptr;
    media::LegId partner;
    media::Codec codec = media::Codec::pcmu;
    bool takes_digits = false;
    OnEvent watcher;
    std::vector<media::SrtpKeys> keys;
  };
  struct Kept {
    std::vector<media::SrtpKeys> keys;
    Time until;
  };
  struct Job {
    std::shared_ptr<std::atomic<bool>> done;
    std::jthread thread;
  };

  Place* find(media::LegId leg);
  void happened(const media::Event& event);
  static void remember(Place& place, const media::SrtpKeys& keys);
  MediaThread& choose_thread(media::LegId beside);
  void move(media::LegId leg, Place& place, MediaThread& to);

  MediaEngineOptions options_;
  std::shared_ptr<const crypto::DtlsContext> dtls_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<MediaThread>> threads_;
  std::unordered_map<media::LegId, Place> legs_;
  std::unordered_map<media::LegId, Kept> kept_;
  std::deque<media::LegId> kept_order_;  // as they were closed: the first one's time is over first
  std::vector<Job> jobs_;
  IdSource<media::LegId> ids_;
  PromptEncoder prompts_;
  std::size_t next_thread_ = 0;
};

}  // namespace ringwall::runtime
