#include "sdp/ice_choice.h"

#include <algorithm>

namespace ringwall::sdp {
namespace {

constexpr std::string_view our_mid = "0";

/// Port 9 at an address of zeros: there are no candidates yet (RFC 8840 section 4.1.3).
bool is_placeholder(const MediaDescription& media) {
  return media.port == 9 || media.address == "0.0.0.0" || media.address == "::";
}

bool has_ice(const MediaDescription& media) {
  return !media.ice_ufrag.empty() && !media.ice_password.empty();
}

bool mismatches(const MediaDescription& media) {
  if (is_placeholder(media) || media.candidates.empty()) return false;
  return std::ranges::none_of(media.candidates, [&](const Candidate& one) {
    return one.component == 1 && one.address.port == media.port && one.address.ip == media.address;
  });
}

void write(MediaDescription& media, const LocalIce& local, bool both_components) {
  media.ice_ufrag = local.ufrag;
  media.ice_password = local.password;
  for (const Candidate& candidate : local.candidates)
    if (candidate.component == 1 || both_components) media.candidates.push_back(candidate);
  media.end_of_candidates = true;
}

void agree(const SessionDescription& theirs, const MediaDescription& media, bool lite, Agreed& agreed) {
  // Between two that only answer there is nothing to check (RFC 8445 section 6.1.1): the address is the signalled one.
  agreed.ice = !(lite && theirs.ice_lite);
  agreed.remote_lite = theirs.ice_lite;
  if (!agreed.ice) return;
  agreed.remote_ufrag = media.ice_ufrag;
  agreed.remote_password = media.ice_password;
  agreed.remote_candidates = media.candidates;
}

}  // namespace

std::uint32_t host_priority(std::uint16_t component) {
  return (126u << 24) + (65'535u << 8) + (256u - component);
}

void offer_ice(SessionDescription& offer, const LocalIce& local) {
  MediaDescription& media = offer.media.front();
  write(media, local, true);
  media.mid = our_mid;
  offer.bundle = {media.mid};
  offer.ice_lite = local.lite;
  offer.trickle = true;
}

void answer_ice(const SessionDescription& offer, const MediaDescription& offered, const LocalIce& local,
                SessionDescription& answer, MediaDescription& answered, Agreed& agreed) {
  if (!has_ice(offered)) return;
  if (mismatches(offered)) {
    answered.attributes.push_back({"ice-mismatch", {}});
    return;
  }
  write(answered, local, !agreed.rtcp_mux);
  answer.ice_lite = local.lite;
  answer.trickle = offer.trickle;
  agree(offer, offered, local.lite, agreed);
}

void apply_ice(const SessionDescription& offer, const SessionDescription& answer, Agreed& agreed) {
  const MediaDescription &mine = offer.media.front(), &theirs = answer.media.front();
  if (has_ice(mine) && has_ice(theirs) && !mismatches(theirs)) agree(answer, theirs, offer.ice_lite, agreed);
}

void answer_bundle(const SessionDescription& offer, SessionDescription& answer) {
  for (std::size_t i = 0; i < answer.media.size(); ++i) {
    MediaDescription& line = answer.media[i];
    line.mid = offer.media[i].mid;
    const bool grouped = !line.mid.empty() && std::ranges::find(offer.bundle, line.mid) != offer.bundle.end();
    if (grouped && line.port != 0) answer.bundle.push_back(line.mid);
  }
}

}  // namespace ringwall::sdp
