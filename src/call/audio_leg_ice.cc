#include "call/audio_leg_ice.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/random.h"
#include "media/session/packet_address.h"
#include "sdp/ice_choice.h"

namespace ringwall::call {
namespace {

/// Six bits a character: 48 and 144 random bits, RFC 8445 section 5.3 wants 24 and 128.
constexpr std::size_t ufrag_characters = 8, password_characters = 24;
constexpr std::string_view ice_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Secret random_word(std::size_t size) {
  Secret out = crypto::random_key(size);
  for (std::uint8_t& byte : out.reveal_mutable())
    byte = static_cast<std::uint8_t>(ice_characters[byte % ice_characters.size()]);
  return out;
}

std::optional<media::IceCandidate::Type> type_of(std::string_view name) {
  using enum media::IceCandidate::Type;
  constexpr std::array<std::pair<std::string_view, media::IceCandidate::Type>, 4> types{
      {{"host", host}, {"srflx", srflx}, {"prflx", prflx}, {"relay", relay}}};
  const auto* const at = std::ranges::find(types, name, &std::pair<std::string_view, media::IceCandidate::Type>::first);
  return at == types.end() ? std::nullopt : std::optional(at->second);
}

/// UDP at an IP address; names of mDNS and TCP are left out: checks from there show the address all the same.
std::optional<media::IceCandidate> usable(const sdp::Candidate& candidate) {
  const auto type = type_of(candidate.type);
  if (candidate.transport != "udp" || !type || !media::to_packet_address(candidate.address)) return std::nullopt;
  return media::IceCandidate{candidate.foundation, candidate.component, candidate.priority, candidate.address, *type,
                             candidate.related};
}

}  // namespace

AudioLegIce::AudioLegIce(policy::Ice mode, const NetAddress& rtp) : mode_(mode) {
  for (std::uint16_t component = 1; component <= 2; ++component) {
    const NetAddress address{rtp.ip, static_cast<std::uint16_t>(rtp.port + component - 1)};
    candidates_.push_back({"1", component, "udp", sdp::host_priority(component), address, "host", {}});
  }
  if (mode_ != policy::Ice::off) renew();
}

std::optional<sdp::LocalIce> AudioLegIce::local() const {
  if (mode_ == policy::Ice::off) return std::nullopt;
  return sdp::LocalIce{ufrag_, password_, mode_ == policy::Ice::lite, candidates_};
}

void AudioLegIce::renew() {
  ufrag_ = as_text(random_word(ufrag_characters).reveal());
  password_ = random_word(password_characters);
}

void AudioLegIce::see_offer(const sdp::SessionDescription& offer) {
  if (mode_ == policy::Ice::off || agreed_remote_.empty()) return;
  const auto audio = std::ranges::find_if(
      offer.media, [](const sdp::MediaDescription& media) { return media.kind == "audio" && media.port != 0; });
  if (audio == offer.media.end()) return;
  if (audio->ice_ufrag == agreed_remote_) {
    ufrag_ = agreed_local_;
    password_ = agreed_password_;
  } else if (ufrag_ == agreed_local_) {
    renew();
  }
}

std::optional<media::IceParameters> AudioLegIce::parameters(const sdp::Agreed& agreed, bool we_offered) {
  if (!agreed.ice) {
    agreed_local_.clear();
    agreed_remote_.clear();
    return std::nullopt;
  }
  const bool lite = mode_ == policy::Ice::lite;
  if (agreed_local_ != ufrag_ || agreed_remote_ != agreed.remote_ufrag)
    controlling_ = !lite && (we_offered || agreed.remote_lite);
  agreed_local_ = ufrag_;
  agreed_password_ = password_;
  agreed_remote_ = agreed.remote_ufrag;
  media::IceParameters out{.local_ufrag = ufrag_,
                           .local_password = password_,
                           .remote_ufrag = agreed.remote_ufrag,
                           .remote_password = agreed.remote_password,
                           .lite = lite,
                           .remote_lite = agreed.remote_lite,
                           .controlling = controlling_};
  for (const sdp::Candidate& candidate : agreed.remote_candidates)
    if (auto one = usable(candidate)) out.remote_candidates.push_back(std::move(*one));
  return out;
}

}  // namespace ringwall::call
