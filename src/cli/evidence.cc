#include "cli/evidence.h"

#include <boost/json/array.hpp>

#include <algorithm>

#include "base/text.h"
#include "cli/json_text.h"

namespace ringwall::cli {
namespace {

using boost::json::value;

NetAddress address_of(const value& object, std::string_view member) {
  const auto parsed = parse_net_address(text_of(object, member));
  return parsed ? *parsed : NetAddress{};
}

std::string verified_words(std::string_view anchor) {
  return anchor.empty() ? "" : fmt::format("RFC 5922 name, chain to anchor {}", anchor.substr(0, 16));
}

/// The leg of `element` whose other side is `peer`; null if there is none.
const value* find_leg(const Snapshot& snapshot, std::string_view element, std::string_view peer) {
  for (const value& leg : list_of(snapshot.calls, "calls"))
    if (text_of(leg, "element") == element && text_of(leg, "peer") == peer) return &leg;
  return nullptr;
}

const value* find_connection(const Snapshot& snapshot, std::string_view element, const std::string& flow) {
  for (const value& entry : list_of(snapshot.connections, "elements"))
    if (text_of(entry, "element") == element)
      for (const value& connection : list_of(entry, "connections"))
        if (text_of(connection, "flow") == flow) return &connection;
  return nullptr;
}

/// One end of a signalling hop, whoever reported it.
struct End {
  proof::SignallingEnd facts;
  NetAddress local, remote;
  bool outgoing = false;
};

std::optional<End> element_end(const Snapshot& snapshot, std::string_view element, std::string_view peer) {
  const value* leg = find_leg(snapshot, element, peer);
  const value* c = leg ? find_connection(snapshot, element, text_of(*leg, "flow")) : nullptr;
  if (!c) return std::nullopt;
  End out;
  out.facts = {.transport = text_of(*c, "transport"),
               .tls_version = text_of(*c, "tls", "version"),
               .cipher = text_of(*c, "tls", "cipher"),
               .group = text_of(*c, "tls", "group"),
               .local_name = text_of(*c, "tls", "local_name"),
               .peer_name = text_of(*c, "tls", "peer_names"),
               .verified = verified_words(text_of(*c, "tls", "anchor")),
               .resumed = text_of(*c, "tls", "resumed") == "true"};
  out.local = address_of(*c, "local");
  out.remote = address_of(*c, "remote");
  out.outgoing = text_of(*c, "direction") == "outgoing";
  return out;
}

std::optional<End> phone_end(const std::optional<runtime::ConnectionView>& c) {
  if (!c) return std::nullopt;
  End out;
  out.facts = {.transport = std::string(sip::print(c->transport)),
               .tls_version = c->tls.version,
               .cipher = c->tls.cipher,
               .group = c->tls.group,
               .local_name = c->tls.local_name,
               .peer_name = fmt::format("{}", fmt::join(c->tls.peer_names, ", ")),
               .verified = verified_words(c->tls.anchor),
               .resumed = c->tls.resumed};
  out.local = c->local;
  out.remote = c->remote;
  out.outgoing = c->outgoing;
  return out;
}

proof::SignallingEvidence signalling(const std::optional<End>& from, const std::optional<End>& to) {
  proof::SignallingEvidence out;
  if (from || to) {
    const End& end = from ? *from : *to;
    out.client = end.outgoing ? end.local : end.remote;
    out.server = end.outgoing ? end.remote : end.local;
    out.server_is_from = from ? !from->outgoing : to->outgoing;
  }
  if (from) out.from_end = from->facts;
  if (to) out.to_end = to->facts;
  return out;
}

std::uint64_t number_of(const value& object, std::string_view member) {
  return parse_unsigned<std::uint64_t>(text_of(object, member)).value_or(0);
}

proof::MediaEnd media_end_of(const value& media) {
  proof::MediaEnd out;
  out.dtls = text_of(media, "key_exchange") == "DTLS";
  out.suite = text_of(media, "suite");
  out.waiver = text_of(media, "waiver");
  out.sent = number_of(media.at("sent"), "packets");
  out.received = number_of(media.at("received"), "packets");
  out.authentication_failures = number_of(media, "authentication_failures");
  out.replayed = number_of(media, "replayed");
  out.refused = number_of(media, "refused");
  out.lost = number_of(media, "lost");
  out.jitter_ms = media.at("jitter_ms").to_number<double>();
  return out;
}

const value* media_of(const Snapshot& snapshot, std::string_view element, std::string_view peer) {
  const value* leg = find_leg(snapshot, element, peer);
  return leg && leg->is_object() ? leg->get_object().if_contains("media") : nullptr;
}

/// The three media paths of the call, as both ends reported them.
proof::MediaEvidence caller_edge(const TestCallPlan& plan, const TestCallResult& result) {
  proof::MediaEvidence out;
  const auto& edge = plan.trunk->element;
  if (const auto& caller = result.talking.caller_media) {
    out.from = caller->local;
    out.from_end = proof::media_end(*caller);
  }
  if (const value* media = media_of(result.talking, edge, plan.trunk->name)) {
    out.to = address_of(*media, "local");
    out.to_end = media_end_of(*media);
  }
  out.tone = {TestCall::caller_hz, result.caller_tone_heard};
  out.tone_back = {TestCall::agent_hz, result.agent_tone_heard};
  return out;
}

proof::MediaEvidence edge_browser(const TestCallPlan& plan, const TestCallResult& result) {
  proof::MediaEvidence out;
  if (const value* media = media_of(result.waiting, plan.trunk->element, "call-server")) {
    out.from = address_of(*media, "local");
    out.from_end = media_end_of(*media);
  }
  if (const value* media = media_of(result.waiting, "voice-browser", "call-server")) {
    out.to = address_of(*media, "local");
    out.to_end = media_end_of(*media);
  }
  return out;
}

proof::MediaEvidence edge_phone(const TestCallPlan& plan, const TestCallResult& result) {
  proof::MediaEvidence out;
  if (const value* media = media_of(result.talking, plan.trunk->element, "call-server")) {
    out.from = address_of(*media, "local");
    out.from_end = media_end_of(*media);
  }
  if (const auto& phone = result.talking.phone_media) {
    out.to = phone->local;
    out.to_end = proof::media_end(*phone);
  }
  out.tone = {TestCall::caller_hz, result.caller_tone_heard};
  out.tone_back = {TestCall::agent_hz, result.agent_tone_heard};
  return out;
}

}  // namespace

std::vector<proof::HopEvidence> hops_of(const TestCallPlan& plan, const std::optional<TestCallResult>& result) {
  std::vector<proof::HopEvidence> hops;
  const auto hop = [&](std::string from, std::string to) -> proof::HopEvidence& {
    hops.push_back({std::move(from), std::move(to), std::nullopt, std::nullopt});
    return hops.back();
  };
  const TestCallResult none;
  const TestCallResult& r = result ? *result : none;
  const std::string& edge = plan.trunk->element;
  auto& caller = hop("caller", edge);
  caller.signalling =
      signalling(phone_end(r.talking.caller_connection), element_end(r.talking, edge, plan.trunk->name));
  caller.media = caller_edge(plan, r);
  hop(edge, "call-server").signalling =
      signalling(element_end(r.talking, edge, "call-server"), element_end(r.talking, "call-server", "edge"));
  hop("call-server", "voice-browser").signalling = signalling(element_end(r.waiting, "call-server", "voice-browser"),
                                                              element_end(r.waiting, "voice-browser", "call-server"));
  hop("call-server", "call-manager").signalling = signalling(element_end(r.talking, "call-server", "call-manager"),
                                                             element_end(r.talking, "call-manager", "call-server"));
  hop("call-manager", "phone").signalling =
      signalling(element_end(r.talking, "call-manager", plan.phone->name), phone_end(r.talking.phone_connection));
  hop(edge, "voice-browser").media = edge_browser(plan, r);
  hop(edge, "phone").media = edge_phone(plan, r);
  return hops;
}

std::vector<KnownPath> paths_of(const std::set<SeenLeg>& seen, const std::vector<proof::HopEvidence>& hops) {
  std::vector<KnownPath> out;
  for (const SeenLeg& leg : seen) {
    const bool known = std::ranges::any_of(out, [&](const KnownPath& other) {
      return (other.path.from_address == leg.local && other.path.to_address == leg.remote) ||
             (other.path.from_address == leg.remote && other.path.to_address == leg.local);
    });
    if (known) continue;  // the other end of a path between two elements
    KnownPath one{{.from = leg.element, .to = leg.remote.text(), .from_address = leg.local, .to_address = leg.remote},
                  leg.media_leg};
    one.leg_is_to = std::ranges::any_of(hops, [&](const proof::HopEvidence& hop) {
      return hop.media && hop.media->from == leg.remote && hop.media->to == leg.local;
    });
    if (one.leg_is_to) {
      std::swap(one.path.from, one.path.to);
      std::swap(one.path.from_address, one.path.to_address);
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ringwall::cli
