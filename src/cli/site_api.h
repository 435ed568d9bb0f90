#pragma once

#include "desktop/api_routes.h"

namespace ringwall::cli {

class SiteProcess;

/// What the control API of a running site offers (JSON over <site>/run/control.sock):
///
///   GET  /v1/connections  /v1/calls  /v1/trunks  /v1/registrations  /v1/certificates  /v1/agents  /v1/queues
///        /v1/waivers  /v1/refusals  /v1/ports
///   PUT  /v1/agents/{id}/state     {"state": "READY", "reason": "..."}
///   GET  /v1/recordings
///   PUT  /v1/recordings/{interaction}   {"state": "paused" or "on"}
///   POST /v1/reload
///   POST /v1/proof/authenticate    {"media_leg": 7, "packets": [{"from_peer": true, "bytes": "<base64>"}]}
///        answers {"authentic": [true, ...]}: the keys stay in the process
desktop::ApiRoutes site_routes(SiteProcess& process);

}  // namespace ringwall::cli
