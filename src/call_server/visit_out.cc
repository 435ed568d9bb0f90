#include "call_server/visit.h"

// The legs that a visit opens: to a voice browser and to a call manager, each perhaps one of several of its group.

namespace ringwall::call_server {

Result<sip::LegId> Visit::invite_voice_browser(const std::string& script, sip::Body body) {
  const auto* browser = server_.site().element_of_kind(policy::ElementKind::voice_browser);
  if (!browser) return fail("the site has no voice browser", {}, "add an [[element]] of kind voice-browser");
  script_ = script;
  browser_body_ = std::move(body);
  browser_tries_ = server_.ways_out().tries(browser->name);
  return try_voice_browser();
}

Result<sip::LegId> Visit::try_voice_browser() {
  const call::Path* path = browser_tries_.next();
  if (!path) return fail("no voice browser can be reached", {}, "see 'ringwall show trunks'");
  sip::Outgoing out;
  out.route = call::route_of(*path);
  out.request_uri =
      fmt::format("sip:dialog@{};voicexml={}", path->host, sip::escape_user(script_));  // RFC 5552 section 2.1
  out.from = fmt::format("<sip:{}@{}>", sip::escape_user(from_), server_.self().host);
  out.to = fmt::format("<sip:dialog@{}>", path->host);
  out.headers = onward_;
  out.body = browser_body_;
  const sip::LegId leg = server_.agent().endpoint().invite(std::move(out), server_.now());
  if (browser_tries_.more()) server_.agent().expect_answer(leg, call::patience);
  return leg;
}

bool Visit::try_call_manager() {
  const call::Path* path = agent_tries_.next();
  if (!path) return false;
  sip::Outgoing out;
  out.route = call::route_of(*path);
  out.request_uri = fmt::format("sip:{}@{}", sip::escape_user(line_), path->host);
  out.from = identity_.from;
  out.to = fmt::format("<sip:{}@{}>", sip::escape_user(line_), path->host);
  out.headers = onward_;
  out.headers.insert(out.headers.end(), identity_.headers.begin(), identity_.headers.end());
  agent_leg_ = server_.agent().endpoint().invite(std::move(out), server_.now());
  server_.agent().own(agent_leg_, shared_from_this());
  if (agent_tries_.more()) server_.agent().expect_answer(agent_leg_, call::patience);
  return true;
}

bool Visit::tries_next(const sip::Refused& refused) {
  if (refused.leg == agent_leg_) return agent_tries_.failed(refused, server_.now()) && try_call_manager();
  if (refused.leg != browser_ || !browser_tries_.failed(refused, server_.now())) return false;
  const auto next = try_voice_browser();
  if (!next) return false;
  browser_ = *next;
  server_.agent().own(browser_, shared_from_this());
  return true;
}

}  // namespace ringwall::call_server
