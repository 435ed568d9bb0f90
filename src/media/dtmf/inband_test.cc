#include <gtest/gtest.h>

#include <random>

#include "media/codec/sound_for_test.h"
#include "media/codec/spandsp.h"

namespace ringwall::media {
namespace {

constexpr std::string_view keys = "123A456B789C*0#D";
constexpr std::array rows{697.0, 770.0, 852.0, 941.0}, columns{1209.0, 1336.0, 1477.0, 1633.0};  // ITU-T Q.23

void press(std::vector<std::int16_t>& line, char key, std::size_t ms, double amplitude) {
  const std::size_t at = keys.find(key);
  const auto low = sine(rows[at / 4], 8'000, 8 * ms, amplitude), high = sine(columns[at % 4], 8'000, 8 * ms, amplitude);
  for (std::size_t i = 0; i < low.size(); ++i)
    line.push_back(static_cast<std::int16_t>(low[i] + high[i]));
}

std::string detect(std::span<const std::int16_t> line) {
  ToneDigitDetector detector;
  std::string found;
  for (; line.size() >= 160; line = line.subspan(160))
    if (const auto digit = detector.receive(line.first(160))) found += *digit;
  return found;
}

TEST(InbandDigits, EachKeyIsFoundOnce) {
  std::vector<std::int16_t> line(800);
  for (const char key : keys) {
    press(line, key, 80, 4'000);
    line.resize(line.size() + 8 * 80);
  }
  EXPECT_EQ(detect(line), keys);
}

TEST(InbandDigits, FaintNoisyAndLongKeysToo) {
  std::vector<std::int16_t> line;
  for (const char key : std::string_view("55")) {
    press(line, key, 1'000, 300);
    line.resize(line.size() + 800);
  }
  std::mt19937 random(5);
  std::normal_distribution<double> noise(0, 20);
  for (auto& sample : line)
    sample = static_cast<std::int16_t>(sample + noise(random));
  EXPECT_EQ(detect(line), "55");
}

TEST(InbandDigits, VoicesMusicAndNoiseAreNone) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed)
    EXPECT_EQ(detect(voice(8'000, 60 * 8'000, seed)), "");
  std::mt19937 random(9);
  std::normal_distribution<double> white(0, 3'000);
  std::vector<std::int16_t> noise(120 * 8'000);
  for (auto& sample : noise)
    sample = static_cast<std::int16_t>(std::clamp(white(random), -32'000.0, 32'000.0));
  EXPECT_EQ(detect(noise), "");
  std::vector<std::int16_t> music;
  for (int note = 0; note < 300; ++note) {  // chords over three octaves, in and out of tune with the keys
    std::vector<std::int16_t> chord(1'600);
    for (const double part : {1.0, 1.26, 1.5}) {
      const auto voice_of_it = sine(220 * std::pow(2, note % 37 / 12.0) * part, 8'000, chord.size(), 2'500);
      for (std::size_t i = 0; i < chord.size(); ++i)
        chord[i] = static_cast<std::int16_t>(chord[i] + voice_of_it[i]);
    }
    music.insert(music.end(), chord.begin(), chord.end());
  }
  EXPECT_EQ(detect(music), "");
}

}  // namespace
}  // namespace ringwall::media
