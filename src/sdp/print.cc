#include <algorithm>
#include <array>

#include "base/bytes.h"

#include "sdp/crypto_attribute.h"
#include "sdp/dtls_attributes.h"
#include "sdp/ice_attributes.h"
#include "sdp/session_description.h"
#include "sdp/static_formats.h"

namespace ringwall::sdp {
namespace {

constexpr std::string_view harmful{"\r\n\0", 3};

/// Builds the text line by line; what could end a line becomes a space.
class Writer {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    const auto at = static_cast<std::ptrdiff_t>(out_.size());
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    std::replace_if(
        out_.begin() + at, out_.end(), [](char c) { return harmful.find(c) != std::string_view::npos; }, ' ');
    out_ += "\r\n";
  }
  void attribute(const Attribute& attribute) {
    if (attribute.value.empty()) {
      line("a={}", attribute.name);
    } else {
      line("a={}:{}", attribute.name, attribute.value);
    }
  }
  void connection(std::string_view address) { line("c=IN {} {}", address_type(address), address); }
  static std::string_view address_type(std::string_view address) {
    return address.find(':') == std::string_view::npos ? "IP4" : "IP6";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string_view print(Direction direction) {
  constexpr std::array<std::string_view, 4> names = {"sendrecv", "sendonly", "recvonly", "inactive"};
  return names[static_cast<std::size_t>(direction)];
}

void print_media_line(Writer& writer, const MediaDescription& media) {
  std::string formats;
  for (const Format& format : media.formats)
    formats += fmt::format(" {}", format.payload_type);
  if (!media.format_text.empty()) formats.append(" ").append(media.format_text);
  writer.line("m={} {} {}{}", media.kind, media.port, media.protocol, formats);
}

void print_formats(Writer& writer, const MediaDescription& media) {
  for (const Format& format : media.formats) {
    if (format.encoding.empty()) continue;
    if (format.channels == 1) {
      writer.line("a=rtpmap:{} {}/{}", format.payload_type, format.encoding, format.clock_rate);
    } else {
      writer.line("a=rtpmap:{} {}/{}/{}", format.payload_type, format.encoding, format.clock_rate, format.channels);
    }
  }
  for (const Format& format : media.formats) {
    if (!format.parameters.empty()) writer.line("a=fmtp:{} {}", format.payload_type, format.parameters);
  }
}

void print_ice(Writer& writer, const MediaDescription& media) {
  if (!media.mid.empty()) writer.line("a=mid:{}", media.mid);
  if (!media.ice_ufrag.empty()) writer.line("a=ice-ufrag:{}", media.ice_ufrag);
  if (!media.ice_password.empty()) writer.line("a=ice-pwd:{}", as_text(media.ice_password.reveal()));
  for (const Candidate& candidate : media.candidates)
    writer.line("a=candidate:{}", print_candidate(candidate));
  if (media.end_of_candidates) writer.line("a=end-of-candidates");
}

void print_dtls(Writer& writer, const MediaDescription& media) {
  for (const Fingerprint& fingerprint : media.fingerprints)
    writer.line("a=fingerprint:{}", print_fingerprint(fingerprint));
  if (media.setup != Setup::absent) writer.line("a=setup:{}", print(media.setup));
  if (!media.tls_id.empty()) writer.line("a=tls-id:{}", media.tls_id);
}

void print_media(Writer& writer, const MediaDescription& media, bool own_connection) {
  print_media_line(writer, media);
  if (own_connection && !media.address.empty()) writer.connection(media.address);
  print_formats(writer, media);
  for (const CryptoAttribute& crypto : media.crypto)
    writer.line("a=crypto:{}", print_crypto(crypto));
  print_dtls(writer, media);
  if (media.packet_ms != 0) writer.line("a=ptime:{}", media.packet_ms);
  if (media.rtcp_port != 0) writer.line("a=rtcp:{}", media.rtcp_port);
  if (media.rtcp_mux) writer.line("a=rtcp-mux");
  print_ice(writer, media);
  for (const Attribute& attribute : media.attributes)
    writer.attribute(attribute);
  writer.line("a={}", print(media.direction));
}

/// The address that the session level names for all media: the first medium's, if every medium has one.
std::string common_address(const SessionDescription& description) {
  for (const MediaDescription& media : description.media) {
    if (media.address.empty()) return {};
  }
  return description.media.empty() ? std::string{} : description.media.front().address;
}

}  // namespace

std::string print(const SessionDescription& description) {
  Writer writer;
  writer.line("v=0");
  writer.line("o={} {} {} IN {} {}", description.user, description.session_id, description.version,
              Writer::address_type(description.origin_address), description.origin_address);
  writer.line("s={}", description.name);
  const std::string common = common_address(description);
  if (!common.empty()) writer.connection(common);
  writer.line("t=0 0");
  if (!description.bundle.empty()) writer.line("a=group:BUNDLE {}", fmt::join(description.bundle, " "));
  if (description.ice_lite) writer.line("a=ice-lite");
  if (description.trickle) writer.line("a=ice-options:trickle");
  for (const Attribute& attribute : description.attributes)
    writer.attribute(attribute);
  for (const MediaDescription& media : description.media)
    print_media(writer, media, media.address != common);
  return writer.take();
}

}  // namespace ringwall::sdp
