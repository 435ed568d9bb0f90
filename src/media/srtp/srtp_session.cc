#include "media/srtp/srtp_session.h"

namespace ringwall::media {
namespace {

constexpr std::uint64_t last_rtp_index = (std::uint64_t{1} << 48) - 1;
constexpr std::uint32_t last_rtcp_index = 0x7fff'ffff;

/// SSRC of the first packet of an SRTCP compound; it stays readable.
std::optional<std::uint32_t> rtcp_ssrc(Bytes packet) {
  if (packet.size() < 8 || packet[0] >> 6 != 2) return std::nullopt;
  return ByteReader(packet.subspan(4)).u32();
}

}  // namespace

std::optional<std::uint64_t> estimate_index(std::uint64_t highest, std::uint16_t sequence) {
  const std::uint64_t rollover = highest >> 16;
  const auto last = static_cast<std::uint16_t>(highest);
  std::uint64_t guess = rollover;
  if (last < 0x8000 && sequence > last && sequence - last > 0x8000) {
    if (rollover == 0) return std::nullopt;
    guess = rollover - 1;
  } else if (last >= 0x8000 && last - 0x8000 > sequence) {
    guess = rollover + 1;
  }
  return guess << 16 | sequence;
}

SrtpSender::SrtpSender(Suite suite, Bytes key_and_salt, std::uint32_t first_rtcp_index)
    : rtp_(suite, key_and_salt, SrtpTransform::Kind::rtp, SrtpTransform::Use::protect),
      rtcp_(suite, key_and_salt, SrtpTransform::Kind::rtcp, SrtpTransform::Use::protect),
      next_rtcp_index_(first_rtcp_index) {}

SrtpSender::Source* SrtpSender::source(std::uint32_t ssrc) {
  for (Source& source : sources_) {
    if (source.used && source.ssrc != ssrc) continue;
    source.used = true;
    source.ssrc = ssrc;
    return &source;
  }
  return nullptr;
}

std::uint32_t SrtpSender::rollover_counter(std::uint32_t ssrc) const {
  for (const Source& source : sources_)
    if (source.used && source.ssrc == ssrc) return static_cast<std::uint32_t>(source.window.highest() >> 16);
  return 0;
}

SrtpResult SrtpSender::protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header) {
  Source* const source = this->source(header.ssrc);
  if (source == nullptr) return {SrtpStatus::too_many_sources};
  std::optional<std::uint64_t> index = header.sequence;
  if (source->window.started()) index = estimate_index(source->window.highest(), header.sequence);
  if (!index || !source->window.is_new(*index)) return {SrtpStatus::replayed};
  if (*index > last_rtp_index) return {SrtpStatus::key_exhausted};
  source->window.mark(*index);
  return {SrtpStatus::ok, rtp_.protect_rtp(buffer, size, header.size, header.ssrc, *index)};
}

SrtpResult SrtpSender::protect_rtcp(MutableBytes buffer, std::size_t size) {
  const auto ssrc = rtcp_ssrc(buffer.first(size));
  if (!ssrc) return {SrtpStatus::malformed};
  if (next_rtcp_index_ > last_rtcp_index) return {SrtpStatus::key_exhausted};
  // One counter for all sources keeps (SSRC, index) unique, which is all that is asked for (RFC 3711 section 3.2.1).
  return {SrtpStatus::ok, rtcp_.protect_rtcp(buffer, size, *ssrc, next_rtcp_index_++)};
}

SrtpReceiver::SrtpReceiver(Suite suite, Bytes key_and_salt)
    : rtp_(suite, key_and_salt, SrtpTransform::Kind::rtp, SrtpTransform::Use::unprotect),
      rtcp_(suite, key_and_salt, SrtpTransform::Kind::rtcp, SrtpTransform::Use::unprotect) {}

SrtpReceiver::Source* SrtpReceiver::find(std::uint32_t ssrc) {
  for (Source& source : sources_)
    if (source.used && source.ssrc == ssrc) return &source;
  return nullptr;
}

SrtpReceiver::Source* SrtpReceiver::find_or_free(std::uint32_t ssrc) {
  if (Source* const source = find(ssrc)) return source;
  for (Source& source : sources_)
    if (!source.used) return &source;
  return nullptr;
}

SrtpResult SrtpReceiver::unprotect_rtp(MutableBytes packet, const RtpHeader& header, std::uint32_t start_rollover) {
  if (packet.size() < header.size + rtp_.rtp_tag()) return {SrtpStatus::malformed};
  Source* const source = find_or_free(header.ssrc);
  if (source == nullptr) return {SrtpStatus::too_many_sources};
  std::optional<std::uint64_t> index = std::uint64_t{start_rollover} << 16 | header.sequence;
  if (source->used && source->window.started()) index = estimate_index(source->window.highest(), header.sequence);
  if (!index || (source->used && !source->window.is_new(*index))) return {SrtpStatus::replayed};
  if (*index > last_rtp_index) return {SrtpStatus::key_exhausted};
  const auto size = rtp_.unprotect_rtp(packet, header.size, header.ssrc, *index);
  if (!size) return {SrtpStatus::authentication_failed};
  source->used = true;
  source->ssrc = header.ssrc;
  source->window.mark(*index);
  return {SrtpStatus::ok, *size};
}

SrtpResult SrtpReceiver::unprotect_rtcp(MutableBytes packet) {
  const auto ssrc = rtcp_ssrc(packet);
  if (!ssrc || packet.size() < rtcp_.minimum_rtcp()) return {SrtpStatus::malformed};
  const std::uint32_t word = rtcp_.rtcp_index_word(packet), index = word & last_rtcp_index;
  // Unencrypted SRTCP is a session parameter (RFC 4568 section 6.3.2) that no answer of ours agrees to.
  if (word == index) return {SrtpStatus::malformed};
  Source* const source = find_or_free(*ssrc);
  if (source == nullptr) return {SrtpStatus::too_many_sources};
  if (source->used && !source->rtcp_window.is_new(index)) return {SrtpStatus::replayed};
  const auto size = rtcp_.unprotect_rtcp(packet, *ssrc);
  if (!size) return {SrtpStatus::authentication_failed};
  source->used = true;
  source->ssrc = *ssrc;
  source->rtcp_window.mark(index);
  return {SrtpStatus::ok, *size};
}

std::optional<std::uint64_t> SrtpReceiver::highest(std::uint32_t ssrc) const {
  for (const Source& source : sources_)
    if (source.used && source.ssrc == ssrc && source.window.started()) return source.window.highest();
  return std::nullopt;
}

}  // namespace ringwall::media
