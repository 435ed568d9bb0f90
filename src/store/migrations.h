#pragma once

#include "base/result.h"
#include "store/database.h"

namespace ringwall::store {

/// Brings the schema to the newest version: all missing migrations or none, their numbers recorded in
/// schema_version. Several nodes may do this at once. Throws what SOCI throws; fails if the store is newer than this
/// program.
Result<> migrate(soci::session& sql, Backend backend);

}  // namespace ringwall::store
