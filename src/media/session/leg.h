#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "media/dtmf/telephone_event.h"
#include "media/ice/ice_agent.h"
#include "media/quality/reception.h"
#include "media/record/recorder.h"
#include "media/record/recording_tap.h"
#include "media/record/tone.h"
#include "media/rtp/statistics.h"
#include "media/session/leg_audio.h"
#include "media/session/leg_dtls.h"
#include "media/session/leg_security.h"
#include "media/session/outbox.h"
#include "media/session/player.h"
#include "media/session/sequencer.h"

namespace ringwall::media {

/// What a leg is born with; the random ones come from the caller.
struct LegIdentity {
  LegId id;
  NetAddress local;
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;  ///< the first one; only 15 bits are used (RFC 3711 section 3.3.1)
  std::uint32_t timestamp = 0;
  std::uint32_t seed = 0;  ///< for the spread of RTCP
  std::string cname;
  std::function<void(MutableBytes)> random{};       ///< unpredictable bytes; only a leg with ICE needs them
  std::shared_ptr<const crypto::DtlsContext> dtls;  ///< none: this leg cannot agree on keys by DTLS
};

/// One RTP session with one peer, sans I/O:
///
///   peer --datagram--> receive --unprotect--> statistics, digits, recorder, partner --forward--> protect --> its peer
///                      tick --> digits | tone | playlist | silence --> protect --> peer;  RTCP reports
///
/// Nothing leaves and nothing is accepted before configure(). The peer's address is the signalled one until a packet
/// that authenticates comes from another. On a clear leg the first packet's source and SSRC are kept to.
class Leg {
 public:
  Leg(LegIdentity identity, Time now);
  ~Leg();
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  /// `parameters` must have passed LegSecurity::check(); with DTLS the identity must have what it takes.
  void configure(LegParameters parameters, Time now);
  /// A datagram to our RTP or RTCP port; it is changed in place.
  void receive(MutableBytes datagram, bool on_rtcp_port, const PacketAddress& from, Time now, Outbox& out);
  /// Every 20 ms.
  void tick(Time now, Outbox& out);
  /// The last words: RTCP BYE.
  void say_goodbye(Time now, Outbox& out);

  /// What this leg receives goes out on `partner`, and the other way about. Both live on one thread; the owner calls
  /// unrelay() before either goes.
  static void relay(Leg& a, Leg& b);
  void unrelay();

  void play(Playlist playlist);
  void stop_playing();
  Result<> send_digits(std::string_view digits);
  void start_tone(double hz) { tone_.emplace(hz); }
  void stop_tone() { tone_.reset(); }
  void start_recording() { recorder_ = std::make_unique<Recorder>(); }
  Pcm take_recording();
  /// What is received and sent is put into `tap` too, from now on; nullptr ends it.
  void tap(std::shared_ptr<RecordingTap> tap) { tap_ = std::move(tap); }

  [[nodiscard]] LegId id() const { return identity_.id; }
  [[nodiscard]] LegReport report() const;
  /// Where the peer is known to be by a packet of its own; nothing while only signalling has said so. With ICE: nothing
  /// while checks from elsewhere may still come.
  [[nodiscard]] const std::optional<PacketAddress>& peer(bool rtcp) const {
    if (ice_ && !rtcp) return settled_peer_;
    return rtcp ? rtcp_peer_ : peer_;
  }
  /// When the last packet was accepted on that port.
  [[nodiscard]] Time last_accepted(bool rtcp) const { return rtcp ? last_rtcp_ : last_rtp_; }

 private:
  void receive_media(MutableBytes packet, bool on_rtcp_port, const PacketAddress& from, Time now, Outbox& out);
  void receive_rtp(MutableBytes packet, const PacketAddress& from, Time now, Outbox& out);
  void receive_dtls(Bytes datagram, const PacketAddress& from, Time now, Outbox& out);
  void configure_dtls(const DtlsParameters* wanted, Time now);
  void configure_ice(LegParameters& parameters, Time now);
  bool receive_stun(Bytes datagram, bool on_rtcp_port, const PacketAddress& from, Time now, Outbox& out);
  void serve_ice(Time now, Outbox& out);
  void drain_ice(Time now, Outbox& out);
  void follow_path(Time now);
  [[nodiscard]] bool is_path(const PacketAddress& from, bool on_rtcp_port) const;
  void serve_dtls(Time now, Outbox& out);
  void take_dtls_keys(const SrtpKeys& keys, Outbox& out, Time now);
  void receive_rtcp(MutableBytes packet, bool on_rtcp_port, const PacketAddress& from, Time now);
  [[nodiscard]] bool is_rtcp_among_rtp(Bytes datagram) const;
  bool source_allowed(const RtpHeader& header, const PacketAddress& from);
  bool count(SrtpStatus status);
  void learn(const RtpHeader& header, const PacketAddress& from, Time now, Outbox& out);
  void deliver(const RtpHeader& header, Bytes payload, Time now, Outbox& out);
  void forward(const Leg& from, const RtpHeader& header, Bytes payload, Time now, Outbox& out);
  [[nodiscard]] bool speaks() { return digits_out_.busy() || tone_ || player_.playing(); }

  [[nodiscard]] bool must_convert(const Leg& from) const;
  void prepare_audio();
  void set_clock_rate();
  std::span<const std::int16_t> hear(Time now, Outbox& out);
  void tick_samples(Time now, Outbox& out);
  void send_converted(std::span<const std::int16_t> frame, Time now, Outbox& out);
  void send_converted_event(const RtpHeader& header, Bytes payload, Time now, Outbox& out);
  void send_noise(const ComfortNoise& noise, Time now, Outbox& out);
  void send_own_audio(Time now, Outbox& out);
  void tick_audio(Time now, Outbox& out);
  void send_own(std::uint8_t payload_type, bool marker, std::uint32_t clock, Bytes payload, Time now, Outbox& out);
  void send(RtpHeader header, std::uint8_t payload_type, Bytes payload, Codec coded, bool audio, Time now, Outbox& out);
  void send_rtcp(Time now, bool bye, Outbox& out);
  [[nodiscard]] PacketAddress rtp_target() const;
  [[nodiscard]] PacketAddress rtcp_target() const;
  void schedule_rtcp(Time now, bool first);
  [[nodiscard]] Reception reception() const;
  void hear_of_us(const RtcpReceived& report, Time now);
  void report_quality(LegReport& out) const;
  std::uint32_t random();

  LegIdentity identity_;
  bool configured_ = false;
  LegParameters parameters_;  // its keys are kept in security_ only
  LegSecurity security_;
  std::unique_ptr<IceAgent> ice_;
  std::unique_ptr<LegDtls> dtls_;
  std::unique_ptr<LegDtls::Datagram> early_hello_;  // it came before signalling said whose it is
  PacketAddress signalled_, signalled_rtcp_;
  std::optional<PacketAddress> peer_, rtcp_peer_;
  std::optional<PacketAddress> settled_peer_;  // with ICE: once nothing else is expected
  Time last_rtp_{}, last_rtcp_{};
  std::optional<std::uint32_t> locked_ssrc_;  // clear legs

  Leg* partner_ = nullptr;
  LegAudio audio_;
  Sequencer sequencer_;
  std::uint16_t own_sequence_ = 0;
  std::uint32_t own_clock_ = 0;  // of the tick, in our codec's clock rate
  std::uint32_t event_clock_ = 0;
  Player player_;
  bool playing_ = false;
  std::optional<ToneGenerator> tone_;
  DtmfSender digits_out_;
  DtmfReceiver digits_in_;
  std::unique_ptr<Recorder> recorder_;
  std::shared_ptr<RecordingTap> tap_;

  ReceiverStatistics statistics_;
  StreamCounts sent_, received_;
  std::uint64_t authentication_failures_ = 0, replayed_ = 0, unknown_keys_ = 0, refused_ = 0;
  double round_trip_ms_ = 0;
  std::unique_ptr<HeardByPeer> heard_by_peer_;  // once it has said so
  Time next_rtcp_{};
  std::uint64_t sent_at_last_report_ = 0;
  std::uint64_t peer_report_ntp_ = 0;
  Time peer_report_at_{};
};

}  // namespace ringwall::media
