#include "cli/site_api.h"

#include <boost/json/array.hpp>

#include <filesystem>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "call_manager/call_manager.h"
#include "call_server/call_server.h"
#include "cli/site_process.h"
#include "cli/trunks_json.h"
#include "cli/views_json.h"
#include "crypto/certificate.h"
#include "pki/atomic_file.h"
#include "policy/waivers.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;
using desktop::ApiRequest;
using desktop::Responder;

/// Gathers the media figures of all legs, then answers.
struct CallsAnswer {
  std::vector<call::LegView> legs;
  std::vector<std::optional<media::LegReport>> reports;
  std::size_t awaited = 0;
  Responder responder;

  void send() const {
    json::array out;
    for (std::size_t i = 0; i < legs.size(); ++i)
      out.push_back(to_json(legs[i], reports[i]));
    responder.ok(json::object{{"calls", std::move(out)}});
  }
};

void calls(SiteProcess& process, const Responder& responder) {
  auto answer = std::make_shared<CallsAnswer>(CallsAnswer{{}, {}, 0, responder});
  for (const auto& element : process.elements()) {
    auto legs = element->agent().calls();
    answer->legs.insert(answer->legs.end(), std::make_move_iterator(legs.begin()), std::make_move_iterator(legs.end()));
  }
  answer->reports.resize(answer->legs.size());
  answer->awaited = 1;
  for (std::size_t i = 0; i < answer->legs.size(); ++i) {
    if (!answer->legs[i].media) continue;
    ++answer->awaited;
    process.media().report(answer->legs[i].media, [answer, i](std::optional<media::LegReport> report) {
      answer->reports[i] = std::move(report);
      if (--answer->awaited == 0) answer->send();
    });
  }
  if (--answer->awaited == 0) answer->send();
}

void connections(SiteProcess& process, const Responder& responder) {
  json::array elements;
  for (const auto& element : process.elements())
    elements.push_back(to_json(element->agent().host().view()));
  responder.ok(json::object{{"elements", std::move(elements)}});
}

void refusals(SiteProcess& process, const Responder& responder) {
  json::array out;
  for (const auto& element : process.elements())
    for (const auto& refusal : element->agent().refusals())
      out.push_back(to_json(refusal));
  responder.ok(json::object{{"refusals", std::move(out)}});
}

void trunks(SiteProcess& process, const Responder& responder) {
  responder.ok(trunks_json(process));
}

Result<crypto::Certificate> load_certificate(const std::filesystem::path& file) {
  TRY(const auto pem, pki::read_file(file, limits::certificate_file_bytes));
  return crypto::Certificate::from_pem(pem, file.string());
}

json::object certificate_json(const std::string& owner, const std::string& use,
                              const Result<crypto::Certificate>& certificate) {
  if (!certificate) return {{"owner", owner}, {"use", use}, {"trouble", certificate.error().text()}};
  const auto left = std::chrono::floor<std::chrono::days>(certificate->not_after() - wall_now());
  return {{"owner", owner},
          {"use", use},
          {"subject", certificate->subject()},
          {"issuer", certificate->issuer()},
          {"serial", certificate->serial()},
          {"not_after", print_wall_time(certificate->not_after())},
          {"days_left", left.count()},
          {"key", certificate->facts().key_type},
          {"sha256", certificate->sha256_fingerprint()}};
}

void certificates(SiteProcess& process, const Responder& responder) {
  json::array out;
  const auto pki = process.site().folder / "pki";
  const auto add = [&](const std::string& owner, const std::string& use, const std::filesystem::path& file) {
    out.push_back(certificate_json(owner, use, load_certificate(file)));
  };
  add("root", "trust anchor", pki / "anchors.pem");
  add("issuing CA", "signs", pki / "issuing" / "issuing.crt");
  for (const auto& element : process.site().elements)
    for (const std::string use : {"server", "client"})
      add(element.name, use, pki / "elements" / element.name / (use + ".crt"));
  responder.ok(json::object{{"certificates", std::move(out)}});
}

void waivers(SiteProcess& process, const Responder& responder) {
  json::array out;
  for (const auto& waiver : policy::list_waivers(process.site(), wall_now()))
    out.push_back(to_json(waiver));
  responder.ok(json::object{{"waivers", std::move(out)}});
}

/// Sockets of this process: who listens where.
void ports(SiteProcess& process, const Responder& responder) {
  json::array out;
  for (const auto& element : process.elements())
    for (const auto& listener : element->agent().host().view().listeners)
      out.push_back(json::object{{"element", element->name()},
                                 {"transport", sip::print(listener.transport)},
                                 {"address", listener.address.text()},
                                 {"state", "LISTEN"},
                                 {"waiver", listener.waiver}});
  responder.ok(json::object{{"ports", std::move(out)}});
}

call_server::CallServer* needs_router(SiteProcess& process, const Responder& responder) {
  if (!process.call_server())
    responder.fail(409, {"this process does not run the call server", "", "ask the process that runs it"});
  return process.call_server();
}

template <class Views>
json::array array_of(const Views& views) {
  json::array out;
  for (const auto& view : views)
    out.push_back(to_json(view));
  return out;
}

std::string text_member(const json::value& body, std::string_view name) {
  const auto* object = body.if_object();
  const auto* value = object ? object->if_contains(name) : nullptr;
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

void set_agent_state(SiteProcess& process, const ApiRequest& request, const Responder& responder) {
  auto* server = needs_router(process, responder);
  if (!server) return;
  const auto state = store::parse_agent_state(text_member(request.body, "state"));
  if (!state) {
    responder.fail(400, {"'state' must be READY, NOT_READY or LOGOUT", "body", "send {\"state\": \"READY\"}"});
    return;
  }
  const std::string agent = request.parameters.at("id");
  const auto done = server->router().set_agent_state(agent, *state, text_member(request.body, "reason"), server->now());
  if (!done) {
    responder.fail(409, done.error());
    return;
  }
  server->pump();
  for (const auto& view : server->router().agents())
    if (view.id == agent) responder.ok(to_json(view));
}

Result<std::vector<runtime::CapturedPacket>> captured_packets(const json::value& body) {
  const auto* object = body.if_object();
  const auto* list = object ? object->if_contains("packets") : nullptr;
  if (!list || !list->is_array()) return fail("'packets' must be a list", "body");
  std::vector<runtime::CapturedPacket> out;
  for (const auto& entry : list->get_array()) {
    const auto bytes = parse_base64(text_member(entry, "bytes"));
    const auto* from_peer = entry.is_object() ? entry.get_object().if_contains("from_peer") : nullptr;
    if (!bytes || !from_peer || !from_peer->is_bool())
      return fail("each packet needs 'from_peer' (true or false) and 'bytes' (base64)", "body");
    out.push_back({from_peer->get_bool(), *bytes});
  }
  return out;
}

void authenticate(SiteProcess& process, const ApiRequest& request, const Responder& responder) {
  const auto* object = request.body.if_object();
  const auto* leg = object ? object->if_contains("media_leg") : nullptr;
  auto packets = captured_packets(request.body);
  if (!packets || !leg || !leg->is_number()) {
    responder.fail(400, packets ? Error{"'media_leg' must be a number", "body", ""} : packets.error());
    return;
  }
  const media::LegId id{leg->to_number<std::uint64_t>()};
  process.media().authenticate(id, std::move(*packets), [responder](std::optional<media::AuthenticationReport> report) {
    if (!report) {
      responder.fail(404, {"there is no such media leg, or it ended too long ago", "media_leg", ""});
      return;
    }
    json::array authentic;
    for (const bool one : report->authentic)
      authentic.push_back(one);
    responder.ok(json::object{{"authentic", std::move(authentic)}});
  });
}

/// Ends the block of a source at every element that has it.
void unblock(SiteProcess& process, const ApiRequest& request, const Responder& responder) {
  const std::string source = text_member(request.body, "source");
  int ended = 0;
  for (const auto& element : process.elements())
    ended += element->agent().host().unblock(source) ? 1 : 0;
  if (ended == 0)
    return responder.fail(404, {"no element blocks this source", source, "see 'ringwall show connections'"});
  responder.ok(json::object{{"source", source}, {"elements", ended}});
}

json::object recording_json(const runtime::RecordingView& view) {
  return {{"interaction", view.interaction},
          {"began", print_wall_time(view.began)},
          {"state", view.paused ? "paused" : "on"},
          {"frames_dropped", view.frames_dropped}};
}

void recordings(SiteProcess& process, const Responder& responder) {
  json::array out;
  for (const auto& view : process.recordings().views())
    out.push_back(recording_json(view));
  responder.ok(json::object{{"recordings", std::move(out)}});
}

/// The interaction that is recorded now and begins so.
Result<std::string> recorded_call(SiteProcess& process, const std::string& beginning) {
  std::set<std::string> found;
  for (const auto& view : process.recordings().views())
    if (view.interaction.starts_with(beginning)) found.insert(view.interaction);
  if (found.size() == 1) return *found.begin();
  return fail(found.empty() ? "no recording of this call is under way" : "more than one call begins so", beginning,
              "see 'ringwall show calls'");
}

/// Pauses and resumes: what is said meanwhile never reaches the disk.
void set_recording_state(SiteProcess& process, const ApiRequest& request, const Responder& responder) {
  const auto state = desktop::text_member(request.body, "state");
  if (!state) return responder.fail(400, state.error());
  if (*state != "on" && *state != "paused")
    return responder.fail(422, {"a recording is \"on\" or \"paused\"", "state", ""});
  const auto call = recorded_call(process, request.parameters.at("interaction"));
  if (!call) return responder.fail(404, call.error());
  const bool pause = *state == "paused";
  const auto done = pause ? process.recordings().pause(*call) : process.recordings().resume(*call);
  if (!done) return responder.fail(409, done.error());
  log::info("recording", "the recording of call {} was {}", *call, pause ? "paused" : "resumed");
  process.record(*call, pause ? "recording-paused" : "recording-resumed", {});
  responder.ok(json::object{{"interaction", *call}, {"state", *state}});
}

}  // namespace

desktop::ApiRoutes site_routes(SiteProcess& process) {
  desktop::ApiRoutes routes;
  const auto get = [&](std::string_view path, void (*answer)(SiteProcess&, const Responder&)) {
    routes.add("GET", path,
               [&process, answer](const ApiRequest&, const Responder& responder) { answer(process, responder); });
  };
  get("/v1/calls", calls);
  get("/v1/connections", connections);
  get("/v1/refusals", refusals);
  get("/v1/trunks", trunks);
  get("/v1/certificates", certificates);
  get("/v1/waivers", waivers);
  get("/v1/ports", ports);
  get("/v1/registrations", [](SiteProcess& site, const Responder& responder) {
    responder.ok(json::object{
        {"registrations", site.call_manager() ? array_of(site.call_manager()->bindings()) : json::array{}}});
  });
  get("/v1/agents", [](SiteProcess& site, const Responder& responder) {
    if (auto* server = needs_router(site, responder))
      responder.ok(json::object{{"agents", array_of(server->router().agents())}});
  });
  get("/v1/queues", [](SiteProcess& site, const Responder& responder) {
    if (auto* server = needs_router(site, responder))
      responder.ok(json::object{{"queues", array_of(server->router().queues())}});
  });
  routes.add("PUT", "/v1/agents/{id}/state", [&process](const ApiRequest& request, const Responder& responder) {
    set_agent_state(process, request, responder);
  });
  get("/v1/recordings", recordings);
  routes.add("PUT", "/v1/recordings/{interaction}", [&process](const ApiRequest& request, const Responder& responder) {
    set_recording_state(process, request, responder);
  });
  routes.add("POST", "/v1/unblock", [&process](const ApiRequest& request, const Responder& responder) {
    unblock(process, request, responder);
  });
  routes.add("POST", "/v1/reload", [&process](const ApiRequest&, const Responder& responder) {
    const auto done = process.reload();
    done ? responder.ok(json::object{{"reloaded", true}}) : responder.fail(409, done.error());
  });
  routes.add("POST", "/v1/proof/authenticate", [&process](const ApiRequest& request, const Responder& responder) {
    authenticate(process, request, responder);
  });
  return routes;
}

}  // namespace ringwall::cli
