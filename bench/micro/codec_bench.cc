// CPU per frame of 20 ms by codec: encoding, decoding, a lost frame made up, a jitter buffer around it, a change of the
// rate, and a mix of three. Median, smallest and largest of 7 rounds, as JSON lines.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "media/codec/frame_encoder.h"
#include "media/codec/sound_for_test.h"
#include "media/jitter/playout.h"
#include "media/mix/mixer.h"

namespace {

using namespace ringwall;
using namespace ringwall::media;

constexpr std::size_t frames = 500;

double cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

void measure(std::string_view what, std::string_view codec, const std::function<void()>& round) {
  std::vector<double> took;
  for (int i = 0; i < 7; ++i) {
    const double begin = cpu_us();
    round();
    took.push_back((cpu_us() - begin) / frames);
  }
  std::ranges::sort(took);
  fmt::print("{{\"name\":\"{}\",\"codec\":\"{}\",\"us_per_frame\":{:.2f},\"least\":{:.2f},\"most\":{:.2f}}}\n", what,
             codec, took[3], took[0], took[6]);
}

void measure(Codec codec) {
  const CodecFacts& own = facts(codec);
  const std::size_t size = own.frame_samples();
  const auto sound = voice(own.sample_rate, frames * size);
  const auto frame = [&](std::size_t i) { return std::span(sound).subspan(i * size, size); };
  Encoder encoder(codec, {.error_correction = false});
  std::vector<Buffer> payloads(frames, Buffer(own.most_payload_bytes));
  measure("encode", own.name, [&] {
    for (std::size_t i = 0; i < frames; ++i) {
      payloads[i].resize(own.most_payload_bytes);
      payloads[i].resize(encoder.encode(frame(i), payloads[i]));
    }
  });
  std::vector<std::int16_t> out(longest_packet_samples);
  Decoder decoder(codec);
  measure("decode", own.name, [&] {
    for (const Buffer& payload : payloads)
      (void)decoder.decode(payload, out);
  });
  measure("conceal", own.name, [&] {
    for (std::size_t i = 0; i < frames; ++i) {
      if (i % 5 == 0) (void)decoder.decode(payloads[i], out);
      decoder.conceal({}, std::span(out).first(size));
    }
  });
  Time now = Time{} + std::chrono::hours(1);
  Playout playout(codec);
  RtpHeader header;
  measure("playout", own.name, [&] {
    for (const Buffer& payload : payloads) {
      playout.put(header, JitterBuffer::Content::audio, payload, now);
      (void)playout.get(now += std::chrono::milliseconds(20));
      ++header.sequence;
      header.timestamp += own.frame_clock();
    }
  });
}

}  // namespace

int main() {
  for (const Codec codec : {Codec::pcmu, Codec::pcma, Codec::g722, Codec::opus, Codec::l16})
    measure(codec);
  const auto narrow = voice(8'000, 160), wide = voice(16'000, 320);
  std::vector<std::int16_t> out(320);
  Resampler up(8'000, 16'000), down(16'000, 8'000);
  measure("resample up", "", [&] {
    for (std::size_t i = 0; i < frames; ++i)
      up.resample(narrow, out);
  });
  measure("resample down", "", [&] {
    for (std::size_t i = 0; i < frames; ++i)
      down.resample(wide, std::span(out).first(160));
  });
  Mixer mixer;
  for (int i = 0; i < 3; ++i)
    (void)mixer.add();
  measure("mix of three", "", [&] {
    for (std::size_t i = 0; i < frames; ++i) {
      mixer.begin();
      for (Mixer::Member member = 0; member < 3; ++member)
        mixer.give(member, wide);
      for (Mixer::Member member = 0; member < 3; ++member)
        mixer.hear(member, out);
    }
  });
}
