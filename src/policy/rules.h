#pragma once

#include <string_view>

#include "policy/draft.h"

/// What must hold between the parts of a configuration, once all of it is read. Each adds its findings to the draft.
namespace ringwall::policy {

void check_names(Draft& draft);                   ///< every name is well formed and stands once
void check_references(Draft& draft);              ///< what is named exists
void check_elements(Draft& draft);                ///< kinds, addresses, ports
void check_tls(Draft& draft);                     ///< TLS versions, ciphers and groups; fills in the site's minimum
void check_sip(Draft& draft);                     ///< the [sip] table
void check_security(Draft& draft, WallTime now);  ///< profiles, waivers, trunks
void check_digest(Draft& draft);                  ///< who has digest secrets, and what they are for
void check_server_groups(Draft& draft);           ///< members: what they are, where they are
void check_recording(Draft& draft);               ///< what is recorded exists, and a key for it
void check_files(Draft& draft, WallTime now);     ///< scripts, prompts, anchors, certificates

/// A host name of letters, digits, '-' and '.', no label empty, at most 253 characters (RFC 1123).
bool is_host_name(std::string_view text);
/// A number that can be dialled: digits, '*', '#', perhaps a leading '+'.
bool is_number(std::string_view text);

}  // namespace ringwall::policy
