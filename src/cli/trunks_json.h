#pragma once

#include <boost/json/object.hpp>

#include "cli/site_process.h"

namespace ringwall::cli {

/// Trunks with their live connections and the state of their targets, and server groups with the state of their
/// members: the answer of GET /v1/trunks.
boost::json::object trunks_json(const SiteProcess& process);

}  // namespace ringwall::cli
