#pragma once

#include <string_view>

#include "policy/site.h"

namespace ringwall::policy {

/// A call through the edge: who called and who is called, each a trunk or an element; the dialled number, and the
/// caller's.
struct RecordedCall {
  std::string_view from, to;
  std::string_view number, caller;
};

/// Whether the site records it: its trunk, service or line is named, or nothing is named at all.
bool is_recorded(const Site& site, const RecordedCall& call);

}  // namespace ringwall::policy
