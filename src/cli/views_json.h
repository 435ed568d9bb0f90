#pragma once

#include <boost/json/object.hpp>

#include <optional>

#include "call/leg_owner.h"
#include "call/user_agent.h"
#include "media/types.h"
#include "policy/waivers.h"
#include "router/router.h"
#include "runtime/connection_view.h"
#include "store/registrations.h"

/// The values of the site as the API shows them. Names are those of the RFCs and of the elements' own words.
namespace ringwall::cli {

boost::json::object to_json(const runtime::BlockedSource& blocked);
boost::json::object to_json(const runtime::HostView& host);
boost::json::object to_json(const runtime::ConnectionView& connection);
boost::json::object to_json(const runtime::HandshakeFailure& failure);
boost::json::object to_json(const call::LegView& leg, const std::optional<media::LegReport>& media);
boost::json::object to_json(const media::LegReport& report);
boost::json::object to_json(const call::RefusalView& refusal);
boost::json::object to_json(const policy::WaiverView& waiver);
boost::json::object to_json(const router::AgentView& agent);
boost::json::object to_json(const router::QueueView& queue);
boost::json::object to_json(const store::Binding& binding);

}  // namespace ringwall::cli
