#include "media/mix/mixer.h"

#include <gtest/gtest.h>

namespace ringwall::media {
namespace {

using Frame = std::array<std::int16_t, widest_frame>;

Frame of(std::int16_t value) {
  Frame frame;
  frame.fill(value);
  return frame;
}
std::int16_t heard_by(const Mixer& mixer, Mixer::Member member) {
  Frame out;
  mixer.hear(member, out);
  EXPECT_EQ(out, of(out[0]));
  return out[0];
}

TEST(Mixer, EachHearsTheOthersAndNotItself) {
  Mixer mixer;
  const auto a = mixer.add(), b = mixer.add(), c = mixer.add();
  mixer.begin();
  mixer.give(a, of(100));
  mixer.give(b, of(20));
  mixer.give(c, of(3));
  EXPECT_EQ(heard_by(mixer, a), 23);
  EXPECT_EQ(heard_by(mixer, b), 103);
  EXPECT_EQ(heard_by(mixer, c), 120);
  mixer.begin();
  mixer.give(b, of(20));  // the others have nothing to say now
  EXPECT_EQ(heard_by(mixer, a), 20);
  EXPECT_EQ(heard_by(mixer, b), 0);
}

TEST(Mixer, GainIsEachSpeakersOwn) {
  Mixer mixer;
  const auto a = mixer.add(), b = mixer.add(), c = mixer.add();
  mixer.set_gain(a, 512);
  mixer.set_gain(b, 0);
  mixer.begin();
  mixer.give(a, of(100));
  mixer.give(b, of(50));
  EXPECT_EQ(heard_by(mixer, c), 200);
  EXPECT_EQ(heard_by(mixer, b), 200);
  EXPECT_EQ(heard_by(mixer, a), 0);
  mixer.set_gain(a, 0xffffffff);
  mixer.begin();
  mixer.give(a, of(-32'768));
  EXPECT_EQ(heard_by(mixer, c), -32'768);  // cut off, not turned round
}

TEST(Mixer, ManyLoudOnesAreCutOff) {
  Mixer mixer;
  for (int i = 0; i < 50; ++i)
    (void)mixer.add();
  mixer.begin();
  for (Mixer::Member member = 0; member < 50; ++member)
    mixer.give(member, of(32'767));
  EXPECT_EQ(heard_by(mixer, 0), 32'767);
}

TEST(Mixer, AWhisperIsForOneAlone) {
  Mixer mixer;
  const auto caller = mixer.add(), agent = mixer.add(), supervisor = mixer.add();
  mixer.speak_only_to(supervisor, agent);
  mixer.begin();
  mixer.give(caller, of(1));
  mixer.give(agent, of(10));
  mixer.give(supervisor, of(100));
  EXPECT_EQ(heard_by(mixer, caller), 10);
  EXPECT_EQ(heard_by(mixer, agent), 101);
  EXPECT_EQ(heard_by(mixer, supervisor), 11);
  mixer.speak_to_all(supervisor);
  mixer.begin();
  mixer.give(supervisor, of(100));
  EXPECT_EQ(heard_by(mixer, caller), 100);
}

TEST(Mixer, AWhisperToOneWhoLeftReachesNobody) {
  Mixer mixer;
  const auto caller = mixer.add(), agent = mixer.add(), supervisor = mixer.add();
  mixer.speak_only_to(supervisor, agent);
  mixer.remove(agent);
  const auto next = mixer.add();  // takes the free place
  EXPECT_EQ(next, agent);
  mixer.begin();
  mixer.give(supervisor, of(100));
  EXPECT_EQ(heard_by(mixer, caller), 0);
  EXPECT_EQ(heard_by(mixer, next), 0);
}

}  // namespace
}  // namespace ringwall::media
