#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "media/record/container.h"
#include "media/record/recording_decoder.h"
#include "media/record/recording_tap.h"

namespace ringwall::media {

/// When a recording is to be without sound. Any thread.
class RecordingPauses {
 public:
  struct Span {
    Time from, to;  ///< `to` is Time::max() while it lasts
  };
  void pause(Time now);
  /// Fails when limits::recording_masks pauses have been: the recording stays without sound.
  Result<> resume(Time now);
  [[nodiscard]] bool paused() const;
  [[nodiscard]] bool covers(Time at) const;
  /// The spans that touch [from, to), ascending.
  [[nodiscard]] std::vector<Span> within(Time from, Time to) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Span> spans_;
};

/// Lays the frames of a leg out on one clock, both sides beside each other, and cuts them into chunks. A side's frames
/// lie by their RTP timestamps from where its first one arrived; a new source, or a clock that has run away from the
/// time of arrival, is laid out anew by its arrival. What is missing is silence. Nothing that arrived in a pause, or
/// lies in one, is ever in a chunk.
class RecordingTimeline {
 public:
  /// A chunk is cut so long after its end: what comes later is lost to the recording.
  static constexpr auto settle_time = std::chrono::milliseconds(200);

  RecordingTimeline(Time start, const RecordingPauses& pauses);

  /// False if the frame lies too far ahead: take() a chunk, then add it again.
  bool add(const RecordingTap::Frame& frame);
  /// Whether the next chunk's time is over.
  [[nodiscard]] bool due(Time now) const;
  /// The next chunk, which is `due`, or before a frame that was too far ahead. Valid until the next call.
  const AudioChunk& take();
  /// The last chunk: what is left until `end`, less than half a second; samples may be 0.
  const AudioChunk& take_rest(Time end);

 private:
  struct Line {
    bool started = false;
    std::uint32_t ssrc = 0, timestamp = 0;
    Codec codec = Codec::pcmu;
    std::int64_t at = 0;  // where `timestamp` lies, in samples from the start
    RecordingDecoder decoder;
    std::vector<std::uint8_t> audio;  // from base_ on
  };

  [[nodiscard]] std::int64_t sample_of(Time at) const;
  [[nodiscard]] Time time_of(std::int64_t sample) const;
  std::int64_t place(Line& line, const RecordingTap::Frame& frame) const;
  void mask(AudioChunk& chunk) const;

  Time start_;
  const RecordingPauses& pauses_;
  std::int64_t base_ = 0;  // the first sample that is not cut yet
  std::array<Line, recording::channels> lines_;
  AudioChunk chunk_;
};

}  // namespace ringwall::media
