#include "runtime/prompt_encoder.h"

#include <pthread.h>

#include "media/codec/codec.h"

namespace ringwall::runtime {

PromptEncoder::~PromptEncoder() {
  thread_.request_stop();
}

void PromptEncoder::encode(const media::Playlist& playlist, media::Codec codec) {
  for (const media::Clip& clip : playlist.clips) {
    if (clip.empty() || clip.frames(codec) != nullptr) continue;
    if (media::is_g711(codec)) {
      clip.encode(codec);
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(clip, codec);
    }
    if (!thread_.joinable()) {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
      pthread_setname_np(thread_.native_handle(), "prompts");
    }
    wake_.notify_one();
  }
}

void PromptEncoder::run(const std::stop_token& stop) {
  while (true) {
    std::pair<media::Clip, media::Codec> next;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (stop.stop_requested()) return;
    next.first.encode(next.second);
  }
}

}  // namespace ringwall::runtime
