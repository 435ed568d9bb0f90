#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "edge/edge.h"
#include "media/record/container.h"
#include "runtime/recording_writer.h"

namespace ringwall::edge {

/// The recording of one call, as long as this lives: what the caller's side of the edge receives and sends.
class CallRecording {
 public:
  /// Nothing if it cannot begin: the log says why, and the call goes on.
  static std::unique_ptr<CallRecording> start(Edge& edge, const std::string& interaction, media::LegId leg,
                                              media::RecordingLabels labels);
  ~CallRecording();
  CallRecording(const CallRecording&) = delete;

  /// "on", "paused", or empty when it has ended (the disk is full).
  [[nodiscard]] std::string_view state() const;

 private:
  CallRecording(Edge& edge, media::LegId leg, runtime::RecordingId id) : edge_(edge), leg_(leg), id_(id) {}
  Edge& edge_;
  media::LegId leg_;
  runtime::RecordingId id_;
};

}  // namespace ringwall::edge
