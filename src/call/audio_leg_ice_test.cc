#include "call/audio_leg_ice.h"

#include <gtest/gtest.h>

#include "sdp/ice_attributes.h"

namespace ringwall::call {
namespace {

const NetAddress rtp{"192.0.2.1", 20'000};

sdp::SessionDescription offer_of(const std::string& ufrag) {
  sdp::SessionDescription out;
  out.media.push_back({.kind = "audio", .port = 9, .ice_ufrag = ufrag});
  return out;
}

sdp::Agreed agreed_with(const std::string& ufrag, bool remote_lite = false) {
  sdp::Agreed out;
  out.ice = true;
  out.remote_ufrag = ufrag;
  out.remote_password = Secret(std::string_view("passwordpasswordpassword"));
  out.remote_lite = remote_lite;
  out.remote_candidates = {{"1", 1, "udp", 5, {"198.51.100.7", 4000}, "host", {}},
                           {"2", 1, "tcp", 5, {"198.51.100.7", 9}, "host", {}},
                           {"3", 1, "udp", 5, {"3f1c-22.local", 4000}, "host", {}},
                           {"4", 1, "udp", 5, {"203.0.113.7", 4000}, "srflx", NetAddress{"198.51.100.7", 4000}}};
  return out;
}

TEST(AudioLegIce, IsOffUnlessTheProfileSaysSo) {
  EXPECT_FALSE(AudioLegIce(policy::Ice::off, rtp).local());
}

TEST(AudioLegIce, CredentialsAreRandomAndWellFormed) {
  const auto a = AudioLegIce(policy::Ice::lite, rtp).local(), b = AudioLegIce(policy::Ice::full, rtp).local();
  ASSERT_TRUE(a && b);
  EXPECT_TRUE(sdp::is_ice_ufrag(a->ufrag));
  EXPECT_TRUE(sdp::is_ice_password(as_text(a->password.reveal())));
  EXPECT_NE(a->ufrag, b->ufrag);
  EXPECT_FALSE(std::ranges::equal(a->password.reveal(), b->password.reveal()));
  EXPECT_TRUE(a->lite);
  EXPECT_FALSE(b->lite);
  ASSERT_EQ(a->candidates.size(), 2u);
  EXPECT_EQ(a->candidates[1].address.text(), "192.0.2.1:20001");
}

TEST(AudioLegIce, OnlyCandidatesThatCanBeSentToAreUsed) {
  AudioLegIce ice(policy::Ice::full, rtp);
  const auto parameters = ice.parameters(agreed_with("them"), true);
  ASSERT_TRUE(parameters);
  ASSERT_EQ(parameters->remote_candidates.size(), 2u);
  EXPECT_EQ(parameters->remote_candidates[1].type, media::IceCandidate::Type::srflx);
  EXPECT_EQ(parameters->remote_candidates[1].related->port, 4000);
}

TEST(AudioLegIce, WhoOfferedControlsUnlessItIsLite) {
  EXPECT_TRUE(AudioLegIce(policy::Ice::full, rtp).parameters(agreed_with("them"), true)->controlling);
  EXPECT_FALSE(AudioLegIce(policy::Ice::full, rtp).parameters(agreed_with("them"), false)->controlling);
  EXPECT_TRUE(AudioLegIce(policy::Ice::full, rtp).parameters(agreed_with("them", true), false)->controlling);
  EXPECT_FALSE(AudioLegIce(policy::Ice::lite, rtp).parameters(agreed_with("them"), true)->controlling);
}

TEST(AudioLegIce, TheRoleStaysUntilARestart) {
  AudioLegIce ice(policy::Ice::full, rtp);
  EXPECT_TRUE(ice.parameters(agreed_with("them"), true)->controlling);
  ice.see_offer(offer_of("them"));  // the peer's re-INVITE, no restart
  EXPECT_TRUE(ice.parameters(agreed_with("them"), false)->controlling);
  ice.see_offer(offer_of("new1"));
  EXPECT_FALSE(ice.parameters(agreed_with("new1"), false)->controlling);
}

TEST(AudioLegIce, ARestartOfThePeerRenewsOurCredentialsOnce) {
  AudioLegIce ice(policy::Ice::lite, rtp);
  const std::string first = ice.local()->ufrag;
  ice.see_offer(offer_of("them"));
  EXPECT_EQ(ice.local()->ufrag, first) << "the first offer is no restart";
  EXPECT_EQ(ice.parameters(agreed_with("them"), false)->local_ufrag, first);
  ice.see_offer(offer_of("them"));
  EXPECT_EQ(ice.local()->ufrag, first);
  ice.see_offer(offer_of("new1"));
  const std::string second = ice.local()->ufrag;
  EXPECT_NE(second, first);
  EXPECT_EQ(ice.parameters(agreed_with("new1"), false)->local_ufrag, second);
}

TEST(AudioLegIce, ARestartOfOursThatNobodyTookIsForgotten) {
  AudioLegIce ice(policy::Ice::lite, rtp);
  const std::string first = ice.local()->ufrag;
  EXPECT_TRUE(ice.parameters(agreed_with("them"), false));
  ice.renew();
  EXPECT_NE(ice.local()->ufrag, first);
  ice.see_offer(offer_of("them"));
  EXPECT_EQ(ice.local()->ufrag, first);
}

TEST(AudioLegIce, APeerThatHasNoneAnyMoreEndsIt) {
  AudioLegIce ice(policy::Ice::lite, rtp);
  EXPECT_TRUE(ice.parameters(agreed_with("them"), false));
  EXPECT_FALSE(ice.parameters({}, false));
}

}  // namespace
}  // namespace ringwall::call
