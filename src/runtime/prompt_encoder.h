#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "media/types.h"

namespace ringwall::runtime {

/// Encodes prompts beside the calls, on a thread of its own that begins with the first one that is worth it. A call
/// that plays a prompt before it is ready encodes it itself.
class PromptEncoder {
 public:
  ~PromptEncoder();  ///< finishes the prompt that is under way, forgets the others

  /// Has all clips encoded for this codec. G.711 at once, since it takes next to no time.
  void encode(const media::Playlist& playlist, media::Codec codec);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::pair<media::Clip, media::Codec>> waiting_;
  std::jthread thread_;
};

}  // namespace ringwall::runtime
