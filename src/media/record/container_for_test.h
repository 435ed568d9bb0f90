#pragma once

#include <map>

#include "media/record/container_reader.h"
#include "media/record/container_writer.h"

/// A small recording to break, for tests and fuzzers.
namespace ringwall::media {

inline Secret key_for_test(std::uint8_t byte) {
  return Secret(Buffer(crypto::WrappingKey::bytes, byte));
}
inline crypto::WrappingKey site_key_for_test(std::uint8_t byte) {
  return {{byte, 0, 0, 0, 0, 0, 0, byte}, key_for_test(byte)};
}
inline FindSiteKey keys_for_test(std::vector<std::uint8_t> bytes) {
  return [bytes](const crypto::WrappingKey::Id& id) -> std::optional<Secret> {
    for (const std::uint8_t byte : bytes)
      if (site_key_for_test(byte).id == id) return key_for_test(byte);
    return std::nullopt;
  };
}

inline AudioChunk audio_for_test(std::uint8_t fill, std::uint16_t samples = recording::chunk_samples) {
  AudioChunk chunk;
  chunk.samples = samples;
  chunk.audio[0].fill(fill);
  chunk.audio[1].fill(static_cast<std::uint8_t>(fill + 100));
  return chunk;
}

/// `chunks` half seconds filled with 1, 2, 3 ... and a last one of 1,000 samples.
inline Buffer recording_for_test(std::size_t chunks, std::uint8_t key = 9, std::uint8_t site_key = 1,
                                 bool with_end = true) {
  RecordingHeader header;
  header.id.fill(key);
  header.started_ms = 1'790'000'000'123;
  header.interaction = "0123456789abcdef0123456789abcdef";
  ContainerWriter writer(header, key_for_test(key));
  Buffer file =
      writer.begin(site_key_for_test(site_key), key_for_test(key), {{"number", "6016"}, {"trunk", "carrier"}});
  const auto append = [&](Bytes bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); };
  for (std::size_t i = 0; i < chunks; ++i) {
    AudioChunk chunk = audio_for_test(static_cast<std::uint8_t>(i + 1));
    if (i == 1) chunk.masks = {{100, 200}, {3'000, 4'000}};
    if (i == 2) chunk.masks = {{0, 500}};
    append(writer.audio(chunk));
  }
  append(writer.audio(audio_for_test(77, 1'000)));
  RecordingEnd end;
  end.samples = chunks * recording::chunk_samples + 1'000;
  end.frames_dropped = 3;
  if (chunks > 1) end.masks = {{4'100, 4'200}, {7'000, chunks > 2 ? 8'500u : 8'000u}};
  if (with_end) append(writer.end(end));
  return file;
}

struct ReadForTest {
  RecordingSummary summary;
  std::vector<std::uint8_t> fills;  ///< the first byte of each whole audio chunk
  bool torn = false;
};
/// Reads all there is.
inline ReadForTest read_for_test(Bytes file, const RecordingHead& head, const Secret& key) {
  ReadForTest out;
  ContainerReader reader(head, key);
  for (std::size_t at = recording::chunks_at; at < file.size(); at += reader.consumed()) {
    const auto chunk = reader.read(file.subspan(at, std::min(ContainerReader::window, file.size() - at)));
    out.summary.add(chunk);
    if (const auto* audio = std::get_if<AudioChunk>(&chunk)) out.fills.push_back(audio->audio[0][0]);
    out.torn = out.torn || std::holds_alternative<ContainerReader::Torn>(chunk);
  }
  return out;
}
inline ReadForTest read_for_test(Bytes file, std::vector<std::uint8_t> site_keys = {1}) {
  const auto head = parse_recording_head(file);
  if (!head) return {};
  const auto key = open_recording_key(*head, keys_for_test(std::move(site_keys)));
  return key ? read_for_test(file, *head, *key) : ReadForTest{};
}

}  // namespace ringwall::media
