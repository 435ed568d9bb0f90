#pragma once

#include "policy/site.h"

namespace ringwall::policy {

class TableReader;

/// The [recording] table. What is written wrong becomes a finding and keeps its default.
void read_recording(TableReader& in, Site& site);

}  // namespace ringwall::policy
