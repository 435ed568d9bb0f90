#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/message/message.h"
#include "sip/message/parameters.h"

/// What the parameters of Contact and Via mean.
namespace ringwall::sip {

/// Contact parameters: RFC 3261 section 20.10, RFC 5626 (outbound), RFC 5627 (GRUU). Views into the value.
struct ContactParameters {
  std::optional<std::uint32_t> expires;  ///< seconds
  int q = 1000;                          ///< in thousandths
  std::string_view instance;  ///< +sip.instance without quotes and angle brackets: "urn:uuid:..."; "" if absent
  std::optional<std::uint32_t> reg_id;  ///< 1 to 2^31 - 1
  std::string_view public_gruu;         ///< pub-gruu; "" if absent
  std::string_view temporary_gruu;      ///< temp-gruu
  bool is_focus = false;                ///< isfocus (RFC 4579)
};
Result<ContactParameters> parse_contact_parameters(const NameAddr& contact);

/// Via parameters: RFC 3261 section 20.42, rport (RFC 3581), alias (RFC 5923), keep (RFC 6223), oc... (RFC 7339).
struct ViaParameters {
  std::string_view received;                 ///< an address, IPv6 with or without brackets; "" if absent
  std::string_view maddr;                    ///< a host; "" if absent
  std::optional<int> ttl;                    ///< 0 to 255
  bool has_rport = false;                    ///< asked for or filled in
  std::uint16_t rport = 0;                   ///< 0 while it is only asked for
  bool alias = false;                        ///< the connection may be used backwards
  bool has_keep = false;                     ///< keep-alives are offered or agreed
  std::optional<std::uint32_t> keep;         ///< how often, in seconds, once agreed
  bool has_oc = false;                       ///< overload control is understood (a request) or asked for (a response)
  std::optional<std::uint32_t> oc;           ///< loss in percent, or requests per second, by `oc_algorithm`
  std::string_view oc_algorithm;             ///< "" if absent; a list in a request
  std::optional<std::uint32_t> oc_validity;  ///< milliseconds
  std::string_view oc_sequence;              ///< oc-seq, a decimal number as written
};
Result<ViaParameters> parse_via_parameters(const Via& via);

}  // namespace ringwall::sip
