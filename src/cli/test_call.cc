#include "cli/test_call.h"

#include <boost/json/array.hpp>

#include <cmath>

#include "base/text.h"
#include "cli/json_text.h"
#include "media/record/tone.h"

namespace ringwall::cli {
namespace {

using namespace std::chrono_literals;
using call::Phone;

constexpr auto step_time = 15s;
constexpr std::uint32_t tone_needed_ms = 500;

/// Speech or music rather than silence: the root mean square of a heard recording.
double loudness(const std::vector<std::int16_t>& samples) {
  double sum = 0;
  for (const double sample : samples)
    sum += sample * sample;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}
constexpr double audible = 100;

}  // namespace

TestCall::TestCall(TestCallPlan plan, const desktop::ControlClient& control,
                   std::function<void(std::string_view)> progress)
    : plan_(std::move(plan)),
      control_(control),
      progress_(std::move(progress)),
      media_(
          {.keep_keys = 30s}, [this](std::function<void()> work) { loop_.post(std::move(work)); },
          [this](const media::Event& event) {
            if (phone_) phone_->media_event(event);
          }) {}

TestCall::~TestCall() = default;

Result<> TestCall::wait_for(std::string_view what, Duration limit, const std::function<bool()>& done) {
  if (loop_.run_until(done, limit)) return {};
  return fail(
      fmt::format("waited {} s in vain: {}", std::chrono::duration_cast<std::chrono::seconds>(limit).count(), what));
}

std::string TestCall::why_not(const Phone& phone) const {
  return phone.failure().empty() ? "nothing came back" : phone.failure();
}

Result<> TestCall::make_phones() {
  const auto* edge = plan_.site->element(plan_.trunk->element);
  const auto* manager = plan_.site->element_of_kind(policy::ElementKind::call_manager);
  if (!edge || !manager)
    return fail("the site needs an edge and a call manager for the test call", "ringwall.toml", "run 'ringwall check'");
  call::PhoneOptions caller;
  caller.name = "test caller";
  caller.user = "verify";
  caller.domain = plan_.trunk->names.empty() ? plan_.site->domain : plan_.trunk->names.front();
  caller.address = plan_.caller_address;
  caller.identity = runtime::TlsIdentity::in_folder(plan_.caller_identity);
  caller.anchors.file = plan_.caller_identity / "anchors.pem";
  caller.server = {edge->address, edge->sip_port};
  caller.server_name = edge->host;
  caller.suites = plan_.site->profile(plan_.trunk->profile)->suites;
  caller.codecs = plan_.site->profile(plan_.trunk->profile)->codecs;
  caller.key_exchanges = call::key_exchanges_of(*plan_.site->profile(plan_.trunk->profile));
  caller.debug_key_log = plan_.debug_key_log;
  call::PhoneOptions phone = caller;
  phone.name = "test phone";
  phone.user = plan_.phone->line;
  phone.domain = plan_.site->domain;
  phone.address = plan_.phone_address;
  phone.identity = runtime::TlsIdentity::in_folder(plan_.phone_identity);
  phone.anchors.file = plan_.phone_identity / "anchors.pem";
  phone.server = {manager->address, manager->sip_port};
  phone.server_name = manager->host;
  phone.suites = plan_.site->profile(plan_.phone->profile)->suites;
  phone.codecs = plan_.site->profile(plan_.phone->profile)->codecs;
  phone.key_exchanges = call::key_exchanges_of(*plan_.site->profile(plan_.phone->profile));
  TRY(caller_, Phone::create(loop_, media_, std::move(caller)));
  TRY(phone_, Phone::create(loop_, media_, std::move(phone)));
  return {};
}

Result<> TestCall::set_agent(std::string_view state) {
  TRY_VOID(control_.call("PUT", "/v1/agents/" + plan_.agent->id + "/state",
                         boost::json::object{{"state", state}, {"reason", "ringwall verify"}}));
  agent_changed_ = true;
  return {};
}

Result<> TestCall::sign_in() {
  progress_("the test phone registers");
  phone_->register_line();
  if (!wait_for("registration", step_time, [&] { return phone_->registered() || !phone_->failure().empty(); }) ||
      !phone_->registered())
    return fail("the test phone could not register: " + why_not(*phone_), "call-manager",
                "see 'ringwall show refusals' and 'show connections'");
  return set_agent("NOT_READY");
}

Result<> TestCall::enter_queue() {
  progress_("the test caller calls " + plan_.number);
  caller_->call(plan_.number);
  const auto up = [&] { return caller_->state() == Phone::State::talking || caller_->state() == Phone::State::over; };
  if (!wait_for("an answer", step_time, up) || caller_->state() != Phone::State::talking)
    return fail("the call was not answered: " + why_not(*caller_), plan_.number,
                "see 'ringwall show refusals' and 'show connections'");
  progress_("the greeting is heard");
  const media::LegId leg = caller_->audio()->leg();
  media_.start_recording(leg);
  observe();
  loop_.run_until([&] { return caller_->state() != Phone::State::talking; }, 2s);
  media::Pcm heard;
  bool taken = false;
  media_.take_recording(leg, [&](media::Pcm pcm) {
    heard = std::move(pcm);
    taken = true;
  });
  TRY_VOID(wait_for("the recording", 5s, [&] { return taken; }));
  if (!heard || loudness(*heard) < audible)
    return fail("the caller hears no greeting", "voice-browser", "check the site's prompts folder");
  progress_("a digit is sent");
  TRY_VOID(media_.send_digits(leg, "1"));
  const auto waiting = [&] {
    const auto calls = control_.call("GET", "/v1/calls");
    if (!calls) return false;
    for (const auto& call : list_of(*calls, "calls"))
      if (text_of(call, "element") == "voice-browser" && text_of(call, "state").starts_with("confirmed") &&
          text_of(call, "number") == plan_.site->service(plan_.number)->queue_script)
        return true;
    return false;
  };
  for (int i = 0; i < 100 && !waiting(); ++i)
    loop_.run_until([] { return false; }, 200ms);
  if (!waiting())
    return fail("the caller did not reach the queue", "call-server", "see the log of call-server and voice-browser");
  progress_("the caller waits in the queue and hears music");
  loop_.run_until([&] { return caller_->state() != Phone::State::talking; }, 1s);
  return {};
}

Result<> TestCall::reach_agent() {
  progress_("agent " + plan_.agent->id + " becomes ready");
  TRY_VOID(set_agent("READY"));
  if (!wait_for("the phone to ring", step_time, [&] { return phone_->state() == Phone::State::incoming; }))
    return fail("the agent's phone does not ring", "call-manager", "see the log of call-server and call-manager");
  progress_("the phone rings and is answered");
  TRY_VOID(phone_->answer());
  if (!wait_for("the agent's call", step_time,
                [&] { return phone_->state() == Phone::State::talking || phone_->state() == Phone::State::over; }) ||
      phone_->state() != Phone::State::talking)
    return fail("the agent's call did not come up: " + why_not(*phone_), "call-manager",
                "see the log of call-server and edge");
  return {};
}

Result<bool> TestCall::tone_heard(Phone& listener, double hz) {
  media::Pcm heard;
  bool taken = false;
  media_.take_recording(listener.audio()->leg(), [&](media::Pcm pcm) {
    heard = std::move(pcm);
    taken = true;
  });
  TRY_VOID(wait_for("the recording", 5s, [&] { return taken; }));
  return heard && media::tone_ms(*heard, hz) >= tone_needed_ms;
}

std::optional<media::LegReport> TestCall::report(Phone& phone) {
  std::optional<media::LegReport> out;
  bool done = false;
  if (!phone.audio()) return out;
  media_.report(phone.audio()->leg(), [&](std::optional<media::LegReport> report) {
    out = std::move(report);
    done = true;
  });
  loop_.run_until([&] { return done; }, 5s);
  return out;
}

void TestCall::observe() {
  if (const auto calls = control_.call("GET", "/v1/calls"))
    for (const auto& leg : list_of(*calls, "calls")) {
      const auto local = parse_net_address(text_of(leg, "media", "local")),
                 remote = parse_net_address(text_of(leg, "media", "remote"));
      if (!local || !remote || text_of(leg, "media", "suite").empty()) continue;
      seen_legs_.insert({text_of(leg, "element"), parse_unsigned<std::uint64_t>(text_of(leg, "media_leg")).value_or(0),
                         *local, *remote});
    }
  observing_ = loop_.after(500ms, [this] { observe(); });
}

Result<Snapshot> TestCall::snapshot() {
  Snapshot out;
  TRY(out.calls, control_.call("GET", "/v1/calls"));
  TRY(out.connections, control_.call("GET", "/v1/connections"));
  out.caller_connection = caller_->connection();
  out.phone_connection = phone_->connection();
  out.caller_media = report(*caller_);
  out.phone_media = report(*phone_);
  return out;
}

Result<TestCallResult> TestCall::run() {
  TestCallResult result;
  observe();
  TRY_VOID(make_phones());
  TRY_VOID(sign_in());
  TRY_VOID(enter_queue());
  TRY(result.waiting, snapshot());
  TRY_VOID(reach_agent());
  progress_("a tone is sent both ways");
  media_.start_recording(caller_->audio()->leg());
  media_.start_recording(phone_->audio()->leg());
  media_.start_tone(caller_->audio()->leg(), caller_hz);
  media_.start_tone(phone_->audio()->leg(), agent_hz);
  loop_.run_until([&] { return caller_->state() != Phone::State::talking || phone_->state() != Phone::State::talking; },
                  2s);
  TRY(result.talking, snapshot());
  TRY(result.caller_tone_heard, tone_heard(*phone_, caller_hz));
  TRY(result.agent_tone_heard, tone_heard(*caller_, agent_hz));
  if (caller_->state() != Phone::State::talking || phone_->state() != Phone::State::talking)
    return fail("the call ended before the tones were through", "", "see the site's log");
  return result;
}

void TestCall::finish() {
  progress_("the caller hangs up");
  observing_.cancel();
  if (caller_) caller_->hang_up();
  loop_.run_until(
      [&] { return !phone_ || phone_->state() == Phone::State::over || phone_->state() == Phone::State::idle; }, 5s);
  if (phone_) {
    phone_->hang_up();
    phone_->release_audio();
    if (phone_->registered()) {
      phone_->register_line(0);
      loop_.run_until([&] { return !phone_->registered(); }, 3s);
    }
  }
  if (agent_changed_)
    (void)control_.call("PUT", "/v1/agents/" + plan_.agent->id + "/state", boost::json::object{{"state", "LOGOUT"}});
  loop_.run_until([] { return false; }, 200ms);
}

}  // namespace ringwall::cli
