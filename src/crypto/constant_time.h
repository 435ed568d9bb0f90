#pragma once

#include "base/bytes.h"

namespace ringwall::crypto {

/// Compares secrets (tags, digests, tokens) in a time that depends on the size alone. Different sizes are unequal.
bool equal(Bytes a, Bytes b);

}  // namespace ringwall::crypto
