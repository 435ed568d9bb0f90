#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sdp/session_description.h"

/// The attributes of ICE (RFC 8839, RFC 8840) and of bundled media (RFC 5888, RFC 9143).
namespace ringwall::sdp {

/// "1 1 udp 2130706431 192.0.2.1 9 typ host [raddr .. rport ..] [extensions]"; extensions are read over. Nothing if it
/// is not so. The address may be a name: then it is kept, and nobody can send there.
std::optional<Candidate> parse_candidate(std::string_view value);
std::string print_candidate(const Candidate& candidate);

/// Whether this is what RFC 8839 section 5.4 lets stand in a=ice-ufrag (4 to 256 characters) or a=ice-pwd (22 to 256).
bool is_ice_ufrag(std::string_view text);
bool is_ice_password(std::string_view text);

/// Takes one attribute of the session or of a medium; false if it is none of these, or not as it has to be, or if there
/// are more than limits::sdp_candidates: then it is kept as it stands and has no effect.
bool read_ice_attribute(SessionDescription& session, const Attribute& attribute);
bool read_ice_attribute(MediaDescription& media, const Attribute& attribute);

/// What the session level says of ICE for media that say nothing.
struct SessionIce {
  std::string ufrag;
  Secret password;
  bool end_of_candidates = false;

  bool read(const Attribute& attribute);
  void inherit(MediaDescription& media) const;
};

}  // namespace ringwall::sdp
