#include <algorithm>

#include "base/check.h"
#include "media/srtp/master_key_identifier.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::media {

SrtpReceiver::Key::Key(Suite suite, Bytes key_and_salt, std::vector<std::uint8_t> identifier, std::uint64_t lifetime)
    : rtp(suite, key_and_salt, SrtpTransform::Kind::rtp, SrtpTransform::Use::unprotect),
      rtcp(suite, key_and_salt, SrtpTransform::Kind::rtcp, SrtpTransform::Use::unprotect),
      mki(std::move(identifier)),
      usage(lifetime) {}

SrtpReceiver::SrtpReceiver(Suite suite, Bytes key_and_salt) : key_(suite, key_and_salt, {}, 0) {}

SrtpReceiver::SrtpReceiver(const SrtpKeys& keys)
    : key_(keys.suite, keys.remote.reveal(), keys.remote_mki, keys.lifetime) {
  for (const MasterKey& other : keys.more_remote) {
    CHECK(!other.mki.empty() && other.mki.size() == key_.mki.size());
    more_.push_back(std::make_unique<Key>(keys.suite, other.key_and_salt.reveal(), other.mki, keys.lifetime));
  }
}

unsigned SrtpReceiver::urgency() const {
  unsigned out = key_.usage.urgency();
  for (const auto& key : more_)
    out = std::max(out, key->usage.urgency());
  return out;
}

SrtpReceiver::Source* SrtpReceiver::find(std::uint32_t ssrc) {
  for (Source& source : sources_)
    if (source.used && source.ssrc == ssrc) return &source;
  return nullptr;
}

/// A source that is not in the table, as it was when it left it.
SrtpReceiver::Source SrtpReceiver::recall(std::uint32_t ssrc) const {
  for (const Source& source : retired_)
    if (source.ssrc == ssrc) return source;
  return {.ssrc = ssrc};
}

bool SrtpReceiver::has_place_for(std::uint32_t ssrc) const {
  return !std::ranges::all_of(sources_, &Source::used) || retired_.size() < limits::srtp_retired_ssrcs ||
         std::ranges::find(retired_, ssrc, &Source::ssrc) != retired_.end();
}

/// Gives a source that has just authenticated its place in the table.
SrtpReceiver::Source& SrtpReceiver::settle(const Source& heard) {
  std::erase_if(retired_, [&](const Source& source) { return source.ssrc == heard.ssrc; });
  Source& place = *std::ranges::min_element(sources_, {}, &Source::last_heard);
  if (place.used) retired_.push_back(place);
  place = heard;
  place.used = true;
  return place;
}

SrtpReceiver::Key* SrtpReceiver::key_named(Bytes mki) {
  if (std::ranges::equal(mki, key_.mki)) return &key_;
  for (const auto& key : more_)
    if (std::ranges::equal(mki, key->mki)) return key.get();
  return nullptr;
}

/// The key that the packet names; the packet is as if it named none afterwards. It is long enough.
SrtpReceiver::Key* SrtpReceiver::take_mki(MutableBytes& packet, bool rtcp) {
  if (key_.mki.empty()) return &key_;
  const std::size_t behind = key_.rtp.lengths().behind_mki(rtcp);
  Key* const key = key_named(mki_of(packet, behind, key_.mki.size()));
  if (key != nullptr) packet = remove_mki(packet, behind, key_.mki.size());
  return key;
}

SrtpResult SrtpReceiver::unprotect_rtp(MutableBytes packet, const RtpHeader& header, std::uint32_t start_rollover) {
  if (packet.size() < header.size + key_.mki.size() + key_.rtp.lengths().rtp_tag) return {SrtpStatus::malformed};
  Key* const key = take_mki(packet, false);
  if (key == nullptr) return {SrtpStatus::unknown_key};
  Source* source = find(header.ssrc);
  Source unknown;
  if (source == nullptr) {
    if (!has_place_for(header.ssrc)) return {SrtpStatus::too_many_sources};
    unknown = recall(header.ssrc);
    source = &unknown;
  }
  std::optional<std::uint64_t> index = std::uint64_t{start_rollover} << 16 | header.sequence;
  if (source->window.started()) index = estimate_index(source->window.highest(), header.sequence);
  if (!index || !source->window.is_new(*index)) return {SrtpStatus::replayed};
  if (*index >= KeyUsage::most_rtp || !key->usage.rtp_left()) return {SrtpStatus::key_exhausted};
  const auto size = key->rtp.unprotect_rtp(packet, header.size, header.ssrc, *index);
  if (!size) return {SrtpStatus::authentication_failed};
  if (source == &unknown) source = &settle(unknown);
  source->window.mark(*index);
  source->last_heard = ++accepted_;
  key->usage.count_rtp();
  return {SrtpStatus::ok, *size};
}

SrtpResult SrtpReceiver::unprotect_rtcp(MutableBytes packet) {
  if (packet.size() < key_.rtcp.minimum_rtcp() + key_.mki.size() || packet[0] >> 6 != 2) return {SrtpStatus::malformed};
  Key* const key = take_mki(packet, true);
  if (key == nullptr) return {SrtpStatus::unknown_key};
  const std::uint32_t ssrc = ByteReader(packet.subspan(4)).u32();  // of the compound's first packet: it stays readable
  const std::uint32_t word = key->rtcp.rtcp_index_word(packet), index = word & (KeyUsage::most_rtcp - 1);
  // Unencrypted SRTCP is a session parameter (RFC 4568 section 6.3.2) that no answer of ours agrees to.
  if (word == index) return {SrtpStatus::malformed};
  Source* source = find(ssrc);
  Source unknown;
  if (source == nullptr) {
    if (!has_place_for(ssrc)) return {SrtpStatus::too_many_sources};
    unknown = recall(ssrc);
    source = &unknown;
  }
  if (!source->rtcp_window.is_new(index)) return {SrtpStatus::replayed};
  if (!key->usage.rtcp_left()) return {SrtpStatus::key_exhausted};
  const auto size = key->rtcp.unprotect_rtcp(packet, ssrc);
  if (!size) return {SrtpStatus::authentication_failed};
  if (source == &unknown) source = &settle(unknown);
  source->rtcp_window.mark(index);
  source->last_heard = ++accepted_;
  key->usage.count_rtcp();
  return {SrtpStatus::ok, *size};
}

std::optional<std::uint64_t> SrtpReceiver::highest(std::uint32_t ssrc) const {
  for (const Source& source : sources_)
    if (source.used && source.ssrc == ssrc && source.window.started()) return source.window.highest();
  return std::nullopt;
}

}  // namespace ringwall::media
