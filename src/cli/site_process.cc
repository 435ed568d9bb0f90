#include "cli/site_process.h"

#include <algorithm>
#include <csignal>

#include "base/log.h"
#include "call_manager/call_manager.h"
#include "call_server/call_server.h"
#include "cli/recording_work.h"
#include "cli/site_api.h"
#include "edge/edge.h"
#include "pki/recording_keys.h"
#include "runtime/process.h"
#include "store/agents.h"
#include "store/events.h"
#include "store/queue_places.h"
#include "store/registrations.h"
#include "voice_browser/voice_browser.h"

namespace ringwall::cli {
namespace {

using namespace std::chrono_literals;

/// Captured packets of a call that has just ended are still to be held against its keys by the proof.
constexpr auto keep_media_keys = 30s;

/// What the store holds from the process before this one.
struct Stored {
  std::vector<store::AgentRecord> agents;
  std::vector<store::QueuePlace> places;
  std::vector<store::Binding> bindings;
};

Result<Stored> read_stored(store::Database& database) {
  Stored out;
  TRY(out.agents, store::Agents(database).all());
  TRY(out.places, store::QueuePlaces(database).all());
  TRY(out.bindings, store::Registrations(database).all());
  return out;
}

Result<> save(store::Database& database, const router::Effect& effect) {
  if (const auto* agent = std::get_if<router::SaveAgent>(&effect)) return store::Agents(database).put(agent->agent);
  if (const auto* agent = std::get_if<router::ForgetAgent>(&effect))
    return store::Agents(database).remove(agent->agent);
  if (const auto* place = std::get_if<router::SavePlace>(&effect))
    return store::QueuePlaces(database).put(place->place);
  if (const auto* place = std::get_if<router::RemovePlace>(&effect))
    return store::QueuePlaces(database).remove(place->interaction);
  if (const auto* record = std::get_if<router::Record>(&effect)) {
    TRY_VOID(store::Events(database).append(record->event));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SiteProcess>> SiteProcess::start(RunOptions options) {
  std::unique_ptr<SiteProcess> process(new SiteProcess(std::move(options)));
  TRY_VOID(process->load_configuration());
  runtime::MediaEngineOptions media{.threads = process->site().media_threads, .keep_keys = keep_media_keys};
  auto* self = process.get();
  process->media_ = std::make_unique<runtime::MediaEngine>(
      std::move(media), [self](std::function<void()> work) { self->loop_.post(std::move(work)); },
      [self](const media::Event& event) { self->media_event(event); });
  TRY_VOID(process->open_store());
  process->start_recordings();
  TRY_VOID(process->make_elements());
  TRY_VOID(process->start_control());
  process->wipe_media_keys();
  runtime::handle_signals(process->loop_, {.terminate = [self] { self->drain(); },
                                           .reload =
                                               [self] {
                                                 if (const auto done = self->reload(); !done)
                                                   log::error("site", "{}", done.error().text());
                                               },
                                           .interrupt = [self] { self->stop_now("the operator stopped the site"); }});
  return process;
}

SiteProcess::~SiteProcess() {
  control_.reset();
  elements_.clear();
  media_.reset();
  recordings_.reset();
  store_.reset();
}

Result<> SiteProcess::load_configuration() {
  policy::Loaded loaded = policy::load(options_.site, wall_now());
  for (const auto& finding : loaded.findings)
    log::write(finding.severity == policy::Severity::error ? log::Level::error : log::Level::warning, "site",
               finding.text());
  if (!loaded.usable())
    return fail("the configuration has mistakes", (options_.site / "ringwall.toml").string(), "run 'ringwall check'");
  auto anchors = policy::read_anchors(loaded.site);
  if (!anchors) return std::unexpected(std::move(anchors.error()));
  in_force_->site = std::make_shared<const policy::Site>(std::move(loaded.site));
  in_force_->anchors = std::make_shared<const policy::Anchors>(std::move(*anchors));
  return {};
}

Result<> SiteProcess::open_store() {
  TRY(const auto target, store::find_target(site().folder, site().store));
  TRY(auto database, store::Database::open(target));
  store_ = std::make_unique<store::StoreThread>(
      std::move(database), [this](std::move_only_function<void()> done) { loop_.post(std::move(done)); });
  return {};
}

void SiteProcess::start_recordings() {
  runtime::RecordingWriterOptions options;
  options.folder = recordings_folder(site().folder);
  options.with_key = [keys = pki::RecordingKeys(site().folder)](const auto& use) { return keys.with_current(use); };
  recordings_ = std::make_unique<runtime::RecordingWriter>(
      std::move(options), [this](std::function<void()> work) { loop_.post(std::move(work)); },
      [this](const runtime::RecordingNews& news) { recording_news(news); });
  keeper_ = std::make_unique<RecordingKeeper>(site().folder, site().recording.retention);
}

void SiteProcess::recording_news(const runtime::RecordingNews& news) {
  if (news.kind == runtime::RecordingNews::Kind::began) {
    log::info("recording", "call {} is recorded", news.interaction);
    record(news.interaction, "recording-began", {{"recording", news.name}});
    return;
  }
  const std::string facts = fmt::format("{:.1f} s, {} frames missing", news.seconds, news.frames_dropped);
  if (news.trouble.empty())
    log::info("recording", "the recording of call {} ended ({}): {}", news.interaction, news.reason, facts);
  else
    log::error("recording", "the recording of call {} ended, the call goes on ({}): {}; {}", news.interaction,
               news.reason, news.trouble, facts);
  record(news.interaction, "recording-ended",
         {{"recording", news.name}, {"reason", news.reason}, {"frames_missing", std::to_string(news.frames_dropped)}});
}

Result<> SiteProcess::make_elements() {
  const call::ElementContext context{.loop = loop_,
                                     .media = *media_,
                                     .in_force = in_force_,
                                     .record = [this](const std::string& interaction, std::string_view kind,
                                                      const auto& detail) { record(interaction, kind, detail); },
                                     .debug_key_log = options_.debug_key_log,
                                     .recordings = recordings_.get()};
  for (const auto& name : options_.elements)
    if (!site().element(name))
      return fail("the site has no element '" + name + "'", options_.site.string(),
                  "see the [[element]] tables in ringwall.toml");
  for (const auto& element : site().elements) {
    const bool wanted =
        options_.elements.empty() || std::ranges::find(options_.elements, element.name) != options_.elements.end();
    if (!wanted) continue;
    TRY(auto made, make_element(element, context));
    TRY_VOID(made->start());
    elements_.push_back(std::move(made));
  }
  // What the process before this one left is read before the first call can come in: the loop does not run yet.
  std::optional<Result<Stored>> stored;
  store_->submit([](store::Database& database) { return read_stored(database); },
                 [&](Result<Stored> read) { stored = std::move(read); });
  loop_.run_until([&] { return stored.has_value(); }, 30s);
  if (!stored) return fail("the store does not answer", site().store, "check the database");
  if (!*stored) return std::unexpected(std::move(stored->error()));
  if (call_server_) {
    call_server_->router().restore((*stored)->agents, (*stored)->places, loop_.now());
    call_server_->pump();
  }
  if (call_manager_) call_manager_->restore((*stored)->bindings);
  return {};
}

Result<std::unique_ptr<call::Element>> SiteProcess::make_element(const policy::Element& element,
                                                                 const call::ElementContext& context) {
  switch (element.kind) {
    case policy::ElementKind::edge:
      return std::make_unique<edge::Edge>(context, element.name);
    case policy::ElementKind::call_server: {
      auto made =
          std::make_unique<call_server::CallServer>(context, element.name, [this](const router::Effect& effect) {
            store_->submit([effect](store::Database& database) { return save(database, effect); });
          });
      call_server_ = made.get();
      return made;
    }
    case policy::ElementKind::voice_browser: {
      auto made = std::make_unique<voice_browser::VoiceBrowser>(context, element.name);
      voice_browser_ = made.get();
      return made;
    }
    case policy::ElementKind::call_manager: {
      auto made = std::make_unique<call_manager::CallManager>(context, element.name, *store_);
      call_manager_ = made.get();
      return made;
    }
    default:
      return fail("this version does not run elements of this kind", element.name,
                  "remove the [[element]] from ringwall.toml");
  }
}

Result<> SiteProcess::start_control() {
  desktop::ControlServer::Options options;
  options.socket = site().folder / "run" / "control.sock";
  options.post = [this](std::function<void()> work) { loop_.post(std::move(work)); };
  TRY(control_, desktop::ControlServer::start(std::move(options), site_routes(*this)));
  return {};
}

Result<> SiteProcess::reload() {
  const call::SiteInForce before = *in_force_;
  TRY_VOID(load_configuration());
  auto done = use_configuration(*before.site);
  if (done) {
    log::info("site", "the configuration was read again");
    return {};
  }
  *in_force_ = before;
  for (const auto& element : elements_)
    (void)element->reload();
  done.error().what += "; the old configuration stays in force";
  return done;
}

Result<> SiteProcess::use_configuration(const policy::Site& before) {
  for (const auto& element : elements_) {
    const auto* now = site().element(element->name());
    const auto* then = before.element(element->name());
    if (!now || now->address != then->address || now->sip_port != then->sip_port)
      return fail("element '" + element->name() + "' was moved or removed while the site runs",
                  (options_.site / "ringwall.toml").string(), "start the site again to add, remove or move elements");
    TRY_VOID(element->reload());
  }
  keeper_->set_retention(site().recording.retention);
  return {};
}

void SiteProcess::media_event(const media::Event& event) {
  if (voice_browser_) voice_browser_->media_event(event);
}

void SiteProcess::record(const std::string& interaction, std::string_view kind,
                         const std::vector<std::pair<std::string_view, std::string>>& detail) {
  store::EventRecord event;
  event.time = wall_now();
  event.interaction = interaction;
  event.kind = kind;
  const std::vector<std::pair<std::string_view, std::string_view>> members(detail.begin(), detail.end());
  event.detail = store::json_object(members);
  store_->submit([event = std::move(event)](store::Database& database) -> Result<> {
    TRY_VOID(store::Events(database).append(event));
    return {};
  });
}

/// Keys of calls that are over are wiped in time also when nothing else happens.
void SiteProcess::wipe_media_keys() {
  media_->forget_kept_keys(loop_.now());
  wipe_timer_ = loop_.after(1s, [this] { wipe_media_keys(); });
}

void SiteProcess::run() {
  loop_.run();
}

void SiteProcess::stop() {
  loop_.post([this] { stop_now("the site was asked to stop"); });
}

void SiteProcess::drain() {
  if (std::exchange(draining_, true)) {
    stop_now("the operator asked twice");
    return;
  }
  log::info("site", "draining: new calls are refused, running calls may last {} s", options_.drain_time.count());
  drain_until_ = loop_.now() + options_.drain_time;
  for (const auto& element : elements_)
    element->drain();
  stop_when_idle();
}

void SiteProcess::stop_when_idle() {
  std::size_t legs = 0;
  for (const auto& element : elements_)
    legs += element->agent().leg_count();
  if (legs == 0) {
    stop_now("every call is over");
  } else if (loop_.now() >= drain_until_) {
    stop_now("the drain time is over");
  } else {
    drain_timer_ = loop_.after(100ms, [this] { stop_when_idle(); });
  }
}

void SiteProcess::stop_now(std::string_view reason) {
  log::info("site", "stopping: {}", reason);
  for (const auto& element : elements_)
    element->agent().hang_up_all("the site stops");
  drain_timer_ = loop_.after(200ms, [this] {  // so that the BYEs reach the wire
    for (const auto& element : elements_)
      element->agent().host().close();
    store_->drain();
    loop_.stop();
  });
}

}  // namespace ringwall::cli
