// Whole calls through a running site, from callers on a trunk to agents' phones: the load of `call.whole`.
//
//   call_load --site DIR --number 7016 [--calls N] [--rate R] [--warm-up N] ...
//
// The site's agents with the skill group of that number get a phone each. Every call: set-up, prompt, one digit, the
// queue, an agent who answers at once, a conversation, and the caller hangs up. Prints one JSON object with what became
// of the calls and what processor time the site's process used between the first and the last of the counted ones.
#include <fmt/format.h>
#include <signal.h>
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "base/log.h"
#include "call/phone.h"
#include "desktop/control_client.h"
#include "pki/authority.h"
#include "policy/site.h"
#include "processor_time.h"

namespace {

using namespace ringwall;
using bench::allocated_kb;
using bench::processor_time;
using namespace std::chrono_literals;
using call::Phone;

struct Options {
  std::filesystem::path site;
  std::string number = "7016", trunk = "carrier", addresses = "127.0.1";
  int process = 0;
  std::size_t calls = 200, warm_up = 60;
  double rate = 10, digit_s = 0.4, talk_s = 2, patience_s = 30;
};

Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

/// One caller with the call that it makes at present.
struct Caller {
  std::unique_ptr<Phone> phone;
  bool busy = false, counted = false, digit_sent = false, with_agent = false;
  Time began{}, answered{}, talking{};
  std::string interaction;
};

class Load {
 public:
  Load(Options options, policy::Site site)
      : options_(std::move(options)),
        site_(std::move(site)),
        control_(site_.folder),
        media_({}, [this](std::function<void()> work) { loop_.post(std::move(work)); }, [](const media::Event&) {}) {}

  Result<> run();

 private:
  Result<> make_identity(const std::string& name);
  Result<std::unique_ptr<Phone>> make_phone(const std::string& name, const std::string& user, const std::string& domain,
                                            const policy::Element& server, std::size_t number);
  Result<> sign_in_agents();
  Result<> make_callers();
  void step();
  void step(Caller& caller);
  void begin_calls();
  void end(Caller& caller, const std::string& failure);
  void answer_agents();
  [[nodiscard]] bool done() const { return ended_ == options_.warm_up + options_.calls; }
  void print() const;

  Options options_;
  policy::Site site_;
  desktop::ControlClient control_;
  runtime::SignallingLoop loop_;
  runtime::MediaEngine media_;
  std::vector<std::string> agent_ids_;
  std::vector<std::unique_ptr<Phone>> agents_;
  std::deque<Caller> callers_;
  runtime::LoopTimer timer_;
  Time first_{};
  std::size_t begun_ = 0, ended_ = 0, good_ = 0, refused_for_callers_ = 0;
  std::map<std::string, std::size_t> failures_;
  std::vector<double> setup_ms_, agent_ms_;
  bench::ProcessorTime before_, after_;
  Time counted_from_{}, counted_to_{};
  bool counting_ = false;
};

Result<> Load::make_identity(const std::string& name) {
  const auto folder = site_.folder / "run" / "bench" / name;
  if (std::filesystem::exists(folder / "client.crt")) return {};
  TRY(auto authority, pki::Authority::open(site_.folder / "pki"));
  TRY_VOID(authority.issue({.name = name, .days = std::chrono::days(1), .out = folder}, wall_now()));
  return {};
}

Result<std::unique_ptr<Phone>> Load::make_phone(const std::string& name, const std::string& user,
                                                const std::string& domain, const policy::Element& server,
                                                std::size_t number) {
  const auto folder = site_.folder / "run" / "bench" / name;
  call::PhoneOptions phone;
  phone.name = user;
  phone.user = user;
  phone.domain = domain;
  phone.address = fmt::format("{}.{}", options_.addresses, 1 + number % 250);
  phone.identity = runtime::TlsIdentity::in_folder(folder);
  phone.anchors.file = folder / "anchors.pem";
  phone.server = {server.address, server.sip_port};
  phone.server_name = server.host;
  return Phone::create(loop_, media_, std::move(phone));
}

Result<> Load::sign_in_agents() {
  const auto* service = site_.service(options_.number);
  const auto* manager = site_.element_of_kind(policy::ElementKind::call_manager);
  if (!service || !manager)
    return fail("the site has no call manager, or no service " + options_.number, "ringwall.toml");
  for (const auto& agent : site_.agents) {
    const auto* phone = site_.phone_of_line(agent.line);
    if (!phone || std::ranges::find(agent.skill_groups, service->skill_group) == agent.skill_groups.end()) continue;
    TRY_VOID(make_identity(phone->name));
    TRY(auto made, make_phone(phone->name, phone->line, site_.domain, *manager, agents_.size()));
    agents_.push_back(std::move(made));
    agent_ids_.push_back(agent.id);
    agents_.back()->register_line(3600);
  }
  const auto all = [&] { return std::ranges::all_of(agents_, [](const auto& phone) { return phone->registered(); }); };
  if (!loop_.run_until(all, 20s)) return fail("not every agent's phone could register", "call-manager");
  for (const auto& id : agent_ids_) {
    TRY_VOID(control_.call("PUT", "/v1/agents/" + id + "/state", boost::json::object{{"state", "NOT_READY"}}));
    TRY_VOID(control_.call("PUT", "/v1/agents/" + id + "/state", boost::json::object{{"state", "READY"}}));
  }
  return {};
}

Result<> Load::make_callers() {
  const auto* trunk = site_.trunk(options_.trunk);
  const auto* edge = trunk ? site_.element(trunk->element) : nullptr;
  if (!edge || trunk->names.empty()) return fail("the site has no TLS trunk '" + options_.trunk + "'", "ringwall.toml");
  TRY_VOID(make_identity(trunk->names.front()));
  // In turn, so after the warm-up each has its connection to the edge: enough that none is still busy.
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.warm_up, 1); ++i) {
    TRY(auto phone, make_phone(trunk->names.front(), fmt::format("4085{:06}", i), trunk->names.front(), *edge, 50 + i));
    callers_.push_back({.phone = std::move(phone)});
  }
  return {};
}

void Load::answer_agents() {
  for (auto& agent : agents_)
    if (agent->state() == Phone::State::incoming)
      if (const auto answered = agent->answer(); !answered) ++failures_["agent's phone: " + answered.error().text()];
}

void Load::begin_calls() {
  const std::size_t all = options_.warm_up + options_.calls;
  const auto due =
      static_cast<std::size_t>(std::chrono::duration<double>(loop_.now() - first_).count() * options_.rate) + 1;
  while (begun_ < std::min(due, all)) {
    if (begun_ == options_.warm_up && !counting_) {
      counting_ = true;
      counted_from_ = loop_.now();
      before_ = processor_time(options_.process);
    }
    Caller& caller = callers_[begun_ % callers_.size()];
    ++begun_;
    if (caller.busy) {
      ++refused_for_callers_;
      ++ended_;
      continue;
    }
    auto phone = std::move(caller.phone);
    caller = {.phone = std::move(phone), .busy = true, .counted = counting_, .began = loop_.now()};
    caller.phone->call(options_.number);
  }
}

void Load::end(Caller& caller, const std::string& failure) {
  caller.busy = false;
  ++ended_;
  if (!caller.counted) return;
  if (failure.empty())
    ++good_;
  else
    ++failures_[failure];
}

void Load::step(Caller& caller) {
  Phone& phone = *caller.phone;
  const Time now = loop_.now();
  if (phone.state() == Phone::State::over)
    return end(caller, caller.with_agent ? "the site ended the conversation" : "failed: " + phone.failure());
  if (now - caller.began > seconds(options_.patience_s)) {
    const bool talking = phone.state() == Phone::State::talking;
    phone.hang_up();
    return end(caller, talking ? "no agent in time" : "no answer in time");
  }
  if (phone.state() != Phone::State::talking) return;
  if (caller.answered == Time{}) {
    caller.answered = now;
    caller.interaction = phone.interaction();
    if (caller.counted) setup_ms_.push_back(std::chrono::duration<double, std::milli>(now - caller.began).count());
  }
  if (!caller.digit_sent && now - caller.answered > seconds(options_.digit_s)) {
    caller.digit_sent = true;
    if (const auto sent = media_.send_digits(phone.audio()->leg(), "1"); !sent)
      ++failures_["digit: " + sent.error().text()];
  }
  if (!caller.with_agent) {
    caller.with_agent = std::ranges::any_of(agents_, [&](const auto& agent) {
      return agent->state() == Phone::State::talking && agent->interaction() == caller.interaction;
    });
    if (!caller.with_agent) return;
    caller.talking = now;
    if (caller.counted) agent_ms_.push_back(std::chrono::duration<double, std::milli>(now - caller.answered).count());
  }
  if (now - caller.talking > seconds(options_.talk_s)) {
    phone.hang_up();
    end(caller, {});
  }
}

void Load::step() {
  answer_agents();
  begin_calls();
  for (Caller& caller : callers_)
    if (caller.busy) step(caller);
  timer_ = loop_.after(10ms, [this] { step(); });
}

Result<> Load::run() {
  TRY_VOID(sign_in_agents());
  TRY_VOID(make_callers());
  first_ = loop_.now();
  step();
  const double limit =
      static_cast<double>(options_.calls + options_.warm_up) / options_.rate + options_.patience_s + 10;
  loop_.run_until([this] { return done(); }, seconds(limit));
  loop_.run_until([] { return false; }, 500ms);  // the last tear-downs belong to the calls
  timer_.cancel();
  counted_to_ = loop_.now();
  after_ = processor_time(options_.process);
  for (const auto& id : agent_ids_)
    (void)control_.call("PUT", "/v1/agents/" + id + "/state", boost::json::object{{"state", "LOGOUT"}});
  print();
  return {};
}

double at(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

void Load::print() const {
  std::string failures;
  for (const auto& [why, count] : failures_) {
    std::string clean = why;
    std::ranges::replace_if(
        clean, [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' '; }, '\'');
    failures += fmt::format("{}\"{}\":{}", failures.empty() ? "" : ",", clean, count);
  }
  const double wall_us = std::chrono::duration<double, std::micro>(counted_to_ - counted_from_).count();
  const double cpu = after_.all_us - before_.all_us, media = after_.media_us - before_.media_us,
               store = after_.store_us - before_.store_us;
  const auto calls = static_cast<double>(std::max<std::size_t>(good_, 1));
  fmt::print(
      "{{\"calls\":{},\"good\":{},\"not_placed\":{},\"cpu_us_per_call\":{:.1f},\"signalling_us_per_call\":{:.1f},"
      "\"media_us_per_call\":{:.1f},\"store_us_per_call\":{:.1f},\"load\":{:.3f},\"setup_p50_ms\":{:.1f},\"setup_p99_"
      "ms\":{:.1f},"
      "\"to_agent_p50_ms\":{:.1f},\"to_agent_p99_ms\":{:.1f},\"allocated_kb\":{:.0f},\"failures\":{{{}}}}}\n",
      options_.calls, good_, refused_for_callers_, cpu / calls, (cpu - media - store) / calls, media / calls,
      store / calls, cpu / wall_us, at(setup_ms_, 0.5), at(setup_ms_, 0.99), at(agent_ms_, 0.5), at(agent_ms_, 0.99),
      allocated_kb(options_.process), failures);
}

Result<> measure(Options options) {
  policy::Loaded loaded = policy::load(options.site, wall_now());
  if (!loaded.usable())
    return fail("the site's configuration cannot be used", options.site.string(), "run 'ringwall check'");
  Load load(std::move(options), std::move(loaded.site));
  return load.run();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Whole calls through a running site");
  app.add_option("--site", options.site, "the site's folder")->required();
  app.add_option("--process", options.process, "the process whose processor time counts")->required();
  app.add_option("--number", options.number);
  app.add_option("--trunk", options.trunk);
  app.add_option("--addresses", options.addresses, "first three numbers of the phones' addresses");
  app.add_option("--calls", options.calls)->check(CLI::Range(1, 100'000));
  app.add_option("--warm-up", options.warm_up, "calls that are not counted; also the number of callers")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate, "new calls a second")->check(CLI::Range(0.1, 1'000.0));
  app.add_option("--digit-after", options.digit_s, "seconds from the answer to the digit")
      ->check(CLI::Range(0.0, 60.0));
  app.add_option("--talk", options.talk_s, "seconds with the agent")->check(CLI::Range(0.0, 600.0));
  app.add_option("--patience", options.patience_s, "seconds after which a caller gives up")
      ->check(CLI::Range(1.0, 600.0));
  CLI11_PARSE(app, argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  log::set_level(log::Level::warning);
  if (const auto done = measure(std::move(options)); !done) {
    fmt::print(stderr, "call_load: {}\n", done.error().text());
    return 1;
  }
  return 0;
}
