#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "media/record/container_for_test.h"

namespace ringwall::media {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = RecordingSummary::State;

std::size_t audio_at(std::size_t chunk) {  // counted from 1
  return recording::chunks_at + recording::labels_chunk_bytes + (chunk - 1) * recording::audio_chunk_bytes;
}

TEST(Container, ReadsWhatItWrites) {
  const Buffer file = recording_for_test(3);
  const auto head = parse_recording_head(file);
  ASSERT_TRUE(head) << head.error().text();
  EXPECT_EQ(head->header.interaction, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(head->header.started_ms, 1'790'000'000'123u);
  const auto read = read_for_test(file);
  EXPECT_EQ(read.summary.state, State::whole);
  EXPECT_THAT(read.fills, ElementsAre(1, 2, 3, 77));
  EXPECT_EQ(read.summary.labels, (RecordingLabels{{"number", "6016"}, {"trunk", "carrier"}}));
  EXPECT_EQ(read.summary.samples, 13'000u);
  EXPECT_THAT(read.summary.masks, ElementsAre(RecordingMask{4'100, 4'200}, RecordingMask{7'000, 8'500}));
  ASSERT_TRUE(read.summary.end);
  EXPECT_EQ(read.summary.end->frames_dropped, 3u);
}

// The place of everything as docs/recording-format.md says it.
TEST(Container, IsLaidOutAsDocumented) {
  const Buffer file = recording_for_test(1);
  EXPECT_EQ(as_text(Bytes(file).first(8)), "RWREC\x01\r\n");
  EXPECT_EQ(file[8], 9);  // the recording's id
  EXPECT_EQ(ByteReader(Bytes(file).subspan(32)).u32(), 8'000u);
  EXPECT_EQ(file[36], 2);
  EXPECT_EQ(file[37], 0);
  EXPECT_EQ(ByteReader(Bytes(file).subspan(38)).u16(), 4'000u);
  EXPECT_EQ(file[40], 32);
  EXPECT_EQ(as_text(Bytes(file).subspan(41, 4)), "0123");
  EXPECT_EQ(file[4'096], 1);  // slot A holds a key
  EXPECT_EQ(file[8'192], 0);
  EXPECT_EQ(file[12'288], 'L');
  EXPECT_EQ(file[12'288 + 1'044], 'A');
  EXPECT_EQ(file.size(), 12'288u + 1'044 + 2 * 8'056 + (4 + 24 + 16));
  EXPECT_EQ(file[file.size() - 44], 'E');
}

// A chunk by the means of anyone who has the document, OpenSSL and the key.
TEST(Container, AChunkIsPlainAesGcm) {
  const Buffer file = recording_for_test(2);
  crypto::AesGcm cipher(key_for_test(9).reveal(), crypto::AesGcm::Direction::open);
  Buffer chunk = to_buffer(Bytes(file).subspan(audio_at(2), recording::audio_chunk_bytes));
  const std::array<std::uint8_t, 12> nonce{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0};
  const MutableBytes text = MutableBytes(chunk).subspan(4, chunk.size() - 20);
  ASSERT_TRUE(
      cipher.open(nonce, Bytes(file).first(128), Bytes(chunk).first(4), text, chunk.data() + chunk.size() - 16));
  EXPECT_EQ(text[0] << 8 | text[1], 4'000);
  EXPECT_EQ(text[36], 2);
  EXPECT_EQ(text[36 + 4'000], 102);
}

TEST(Container, EveryTruncationIsIncompleteAndGivesAllWholeChunks) {
  const Buffer file = recording_for_test(2);
  for (std::size_t size = 0; size < recording::chunks_at; size += 61)
    EXPECT_FALSE(parse_recording_head(Bytes(file).first(size)));
  const auto head = parse_recording_head(file);
  for (std::size_t size = recording::chunks_at; size < file.size(); ++size) {
    const auto read = read_for_test(Bytes(file).first(size), *head, key_for_test(9));
    ASSERT_EQ(read.summary.state, State::incomplete) << size;
    const std::size_t audio = size < audio_at(1) ? 0 : (size - audio_at(1)) / recording::audio_chunk_bytes;
    ASSERT_EQ(read.fills.size(), std::min<std::size_t>(audio, 3)) << size;
    ASSERT_EQ(read.summary.end.has_value(), false);
  }
}

TEST(Container, EveryFlippedBitBehindTheHeaderIsFound) {
  Buffer file = recording_for_test(2);
  const auto head = parse_recording_head(file);
  for (std::size_t at = recording::chunks_at; at < file.size(); ++at) {
    // Every bit of the short parts, one bit of each byte of the long ones.
    const bool all = at < recording::chunks_at + 8 || at > file.size() - 76 || (at - audio_at(1)) % 8'056 < 44;
    for (int bit = all ? 0 : static_cast<int>(at % 8); bit < (all ? 8 : static_cast<int>(at % 8) + 1); ++bit) {
      file[at] ^= static_cast<std::uint8_t>(1 << bit);
      const auto read = read_for_test(file, *head, key_for_test(9));
      // An end that was changed may look like one that was never finished: not whole in any case.
      ASSERT_NE(read.summary.state, State::whole) << at << " bit " << bit;
      if (at < file.size() - 76) {
        ASSERT_EQ(read.summary.state, State::damaged) << at << " bit " << bit;
        ASSERT_EQ(read.summary.damaged.front().chunk, at < audio_at(1) ? 0 : 1 + (at - audio_at(1)) / 8'056);
      }
      file[at] ^= static_cast<std::uint8_t>(1 << bit);
    }
  }
}

TEST(Container, EveryFlippedBitOfTheHeaderIsFound) {
  Buffer file = recording_for_test(1);
  for (std::size_t at = 0; at < recording::header_bytes; ++at)
    for (int bit = 0; bit < 8; ++bit) {
      file[at] ^= static_cast<std::uint8_t>(1 << bit);
      ASSERT_NE(read_for_test(file).summary.state, State::whole) << at;
      file[at] ^= static_cast<std::uint8_t>(1 << bit);
    }
}

TEST(Container, AFlippedBitOfTheOnlyKeySlotLeavesNoKey) {
  Buffer file = recording_for_test(1);
  for (std::size_t at = 4'096; at < 4'096 + recording::slot_bytes; ++at)
    for (int bit = 0; bit < 8; ++bit) {
      file[at] ^= static_cast<std::uint8_t>(1 << bit);
      const auto head = parse_recording_head(file);
      ASSERT_TRUE(head);
      ASSERT_FALSE(open_recording_key(*head, keys_for_test({1}))) << at;
      file[at] ^= static_cast<std::uint8_t>(1 << bit);
    }
}

TEST(Container, MovedRepeatedAndForeignChunksAreDamage) {
  const Buffer file = recording_for_test(3), other = recording_for_test(3, 8);
  const auto chunk = [](const Buffer& of, std::size_t number) {
    return Bytes(of).subspan(audio_at(number), recording::audio_chunk_bytes);
  };
  Buffer swapped = file;
  std::ranges::copy(chunk(file, 1), swapped.begin() + audio_at(2));
  std::ranges::copy(chunk(file, 2), swapped.begin() + audio_at(1));
  auto read = read_for_test(swapped);
  EXPECT_EQ(read.summary.state, State::damaged);
  EXPECT_THAT(read.fills, ElementsAre(3, 77));
  Buffer foreign = file;
  std::ranges::copy(chunk(other, 2), foreign.begin() + audio_at(2));
  read = read_for_test(foreign);
  EXPECT_THAT(read.fills, ElementsAre(1, 3, 77));
  ASSERT_EQ(read.summary.damaged.size(), 1u);
  EXPECT_EQ(read.summary.damaged[0].chunk, 2u);
  Buffer without = file;
  without.erase(without.begin() + audio_at(2), without.begin() + audio_at(3));
  EXPECT_EQ(read_for_test(without).summary.state, State::damaged);
  Buffer longer = file;
  longer.push_back(0);
  EXPECT_EQ(read_for_test(longer).summary.state, State::damaged);
  // The end moved forward, so that the recording looks whole but shorter.
  Buffer shorter = file;
  shorter.erase(shorter.begin() + audio_at(3), shorter.end() - 76);
  EXPECT_EQ(as_text(Bytes(shorter).subspan(audio_at(3), 1)), "E");
  EXPECT_EQ(read_for_test(shorter).summary.state, State::damaged);
}

// Two recordings under one key would still differ: the header is part of what is authenticated.
TEST(Container, TheHeaderBelongsToTheChunks) {
  Buffer file = recording_for_test(1);
  file[24 + 7] ^= 1;  // began a moment earlier
  const auto read = read_for_test(file);
  EXPECT_EQ(read.summary.state, State::damaged);
  EXPECT_TRUE(read.fills.empty());
}

TEST(Container, SaysWhyThereIsNoKey) {
  const Buffer file = recording_for_test(1);
  const auto head = parse_recording_head(file);
  EXPECT_THAT(open_recording_key(*head, keys_for_test({2})).error().text(),
              HasSubstr("the site key 0100000000000001 is not there"));
  const auto wrong = [](const crypto::WrappingKey::Id&) { return std::optional(key_for_test(2)); };
  EXPECT_THAT(open_recording_key(*head, wrong).error().text(), HasSubstr("does not open it"));
  EXPECT_THAT(parse_recording_head(Buffer(20'000)).error().what, HasSubstr("no recording"));
}

Buffer with_slots(const KeySlot& a, const KeySlot& b) {
  Buffer file = recording_for_test(1);
  std::ranges::copy(print_key_slot(a), file.begin() + 4'096);
  std::ranges::copy(print_key_slot(b), file.begin() + 8'192);
  return file;
}

KeySlot slot_under(std::uint8_t site_key, std::uint32_t generation) {
  KeySlot out{.state = KeySlot::State::key,
              .generation = generation,
              .site_key = site_key_for_test(site_key).id,
              .wrapped = {}};
  out.wrapped = crypto::wrap_key(key_for_test(site_key), key_for_test(9));
  return out;
}

TEST(Container, ANewSlotHoldsOnceItIsWhole) {
  const KeySlot before = slot_under(1, 1), after = slot_under(2, 2);
  EXPECT_EQ(read_for_test(with_slots(before, after), {2}).summary.state, State::whole);
  EXPECT_EQ(read_for_test(with_slots(after, before), {2}).summary.state, State::whole);
  EXPECT_EQ(read_for_test(with_slots({}, after), {2}).summary.state, State::whole);
  // Stopped at any byte of the new slot: the old one holds.
  Buffer file = with_slots(before, {});
  const auto whole = print_key_slot(after);
  for (std::size_t written = 0; written < whole.size(); ++written) {
    file[8'192 + written] = whole[written];
    const auto head = parse_recording_head(file);
    const auto last_bytes_equal = std::equal(whole.begin(), whole.end(), file.begin() + 8'192);
    EXPECT_EQ(head->slot().generation, last_bytes_equal ? 2u : 1u);
    EXPECT_EQ(read_for_test(file, {1, 2}).summary.state, State::whole);
  }
}

TEST(Container, ErasureWins) {
  const KeySlot erased{.state = KeySlot::State::erased, .erased_at = 1'790'000'000};
  for (const Buffer& file : {with_slots(erased, slot_under(1, 7)), with_slots(slot_under(1, 7), erased)}) {
    const auto head = parse_recording_head(file);
    EXPECT_EQ(head->slot().state, KeySlot::State::erased);
    EXPECT_THAT(open_recording_key(*head, keys_for_test({1})).error().text(), HasSubstr("erased at 2026-09-2"));
  }
}

TEST(Container, LabelsThatAreTooLongStayOut) {
  const RecordingLabels labels{{"a", std::string(2'000, 'x')}, {"b", "kept"}, {"", "no name"}};
  EXPECT_EQ(parse_labels(print_labels(labels)), (RecordingLabels{{"b", "kept"}}));
}

TEST(Container, PlainTextsThatNobodyWrites) {
  Buffer plain(recording::audio_plain_bytes);
  AudioChunk chunk = audio_for_test(1, 300);
  const auto accepts = [&](std::vector<ChunkMask> masks) {
    chunk.masks = std::move(masks);
    print_audio(chunk, plain);
    return parse_audio(plain).has_value();
  };
  EXPECT_TRUE(accepts({{0, 10}, {20, 300}}));
  EXPECT_FALSE(accepts({{0, 301}}));
  EXPECT_FALSE(accepts({{20, 10}}));
  EXPECT_FALSE(accepts({{10, 10}}));
  EXPECT_FALSE(accepts({{0, 10}, {10, 20}}));
  EXPECT_FALSE(accepts({{20, 30}, {0, 10}}));
  chunk.samples = 4'001;
  EXPECT_FALSE(accepts({}));
  RecordingEnd end{.samples = 100, .masks = {{5, 101}}};
  EXPECT_FALSE(parse_end(print_end(end)));
  end.masks = {{5, 100}};
  EXPECT_TRUE(parse_end(print_end(end)));
  EXPECT_FALSE(parse_end(Bytes(print_end(end)).first(30)));
}

TEST(Container, NoNonceIsUsedTwice) {
  std::set<std::array<std::uint8_t, 12>> seen;
  for (std::uint64_t number : {0ull, 1ull, 2ull, 255ull, 256ull, 65'536ull, 1ull << 40})
    for (const auto type : {recording::ChunkType::audio, recording::ChunkType::end})
      EXPECT_TRUE(seen.insert(chunk_nonce(number, type)).second);
}

}  // namespace
}  // namespace ringwall::media
