#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::sip::event {

/// One way to reach a presentity (RFC 3863 section 4.1.2).
struct PresenceTuple {
  std::string id;
  bool open = false;    ///< basic status
  std::string contact;  ///< URI; empty: none
  std::string note;
};

/// The document of the presence package (application/pidf+xml).
struct Presence {
  std::string entity;  ///< "sip:1001@example.com"
  std::vector<PresenceTuple> tuples;
  std::string note;
};
std::string print(const Presence& presence);

/// Reads a document of a peer. Extensions of other namespaces are stepped over. Fails on anything but well-formed PIDF
/// with an entity, on a document type (so no entity is ever expanded), on more than 32 tuples, on a tuple without id or
/// basic status, on text longer than 1,024 bytes.
Result<Presence> parse_presence(std::string_view body);

}  // namespace ringwall::sip::event
