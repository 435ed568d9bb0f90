#include "media/srtp/srtp_session.h"

#include "base/check.h"
#include "media/srtp/master_key_identifier.h"

namespace ringwall::media {
namespace {

constexpr std::uint64_t last_rtp_index = KeyUsage::most_rtp - 1;
constexpr std::uint32_t last_rtcp_index = KeyUsage::most_rtcp - 1;

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

SrtpSender::SrtpSender(const SrtpKeys& keys, std::uint32_t first_rtcp_index)
    : SrtpSender(keys.suite, keys.local.reveal(), first_rtcp_index) {
  CHECK(keys.local_mki.size() <= limits::srtp_mki_bytes);
  mki_ = keys.local_mki;
  usage_ = KeyUsage(keys.lifetime);
}

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

std::size_t SrtpSender::with_mki(MutableBytes buffer, std::size_t size, bool rtcp) const {
  return mki_.empty() ? size : insert_mki(buffer, size, rtp_.lengths().behind_mki(rtcp), mki_);
}

SrtpResult SrtpSender::protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header) {
  if (!usage_.rtp_left()) return {SrtpStatus::key_exhausted};
  Source* const source = this->source(header.ssrc);
  if (source == nullptr) return {SrtpStatus::too_many_sources};
  std::optional<std::uint64_t> index = header.sequence;
  if (source->window.started()) index = estimate_index(source->window.highest(), header.sequence);
  if (!index || !source->window.is_new(*index)) return {SrtpStatus::replayed};
  if (*index > last_rtp_index) return {SrtpStatus::key_exhausted};
  source->window.mark(*index);
  usage_.count_rtp();
  const std::size_t sealed = rtp_.protect_rtp(buffer, size, header.size, header.ssrc, *index);
  return {SrtpStatus::ok, with_mki(buffer, sealed, false)};
}

SrtpResult SrtpSender::protect_rtcp(MutableBytes buffer, std::size_t size) {
  if (size < 8 || buffer[0] >> 6 != 2) return {SrtpStatus::malformed};
  if (next_rtcp_index_ > last_rtcp_index || !usage_.rtcp_left()) return {SrtpStatus::key_exhausted};
  usage_.count_rtcp();
  // One counter for all sources keeps (SSRC, index) unique, which is all that is asked for (RFC 3711 section 3.2.1).
  const std::uint32_t ssrc = ByteReader(Bytes(buffer).subspan(4)).u32();  // of the compound's first packet
  const std::size_t sealed = rtcp_.protect_rtcp(buffer, size, ssrc, next_rtcp_index_++);
  return {SrtpStatus::ok, with_mki(buffer, sealed, true)};
}

}  // namespace ringwall::media
