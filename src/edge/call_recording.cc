#include "edge/call_recording.h"

#include "base/log.h"

namespace ringwall::edge {

std::unique_ptr<CallRecording> CallRecording::start(Edge& edge, const std::string& interaction, media::LegId leg,
                                                    media::RecordingLabels labels) {
  auto* const writer = edge.context().recordings;
  if (writer == nullptr) return nullptr;
  const auto fail = [&](const Error& why) {
    log::error(edge.name(), "call {} is not recorded: {}", interaction, why.text());
    edge.record(interaction, "recording-failed", {{"reason", why.what}});
    return nullptr;
  };
  const auto announcement = edge.announcement();
  if (!announcement) return fail(announcement.error());  // nobody is recorded who was not told
  auto begun = writer->begin(interaction, std::move(labels));
  if (!begun) return fail(begun.error());
  edge.context().media.tap(leg, begun->tap);
  if (*announcement) {
    media::Playlist list;
    list.clips.push_back(*announcement);
    edge.context().media.play(leg, std::move(list));
  }
  return std::unique_ptr<CallRecording>(new CallRecording(edge, leg, begun->id));
}

CallRecording::~CallRecording() {
  edge_.context().media.tap(leg_, nullptr);
  edge_.context().recordings->end(id_);
}

std::string_view CallRecording::state() const {
  return edge_.context().recordings->state(id_);
}

}  // namespace ringwall::edge
