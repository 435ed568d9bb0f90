#include "cli/verify.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <chrono>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/evidence.h"
#include "cli/json_text.h"
#include "cli/test_call.h"
#include "pki/atomic_file.h"
#include "pki/authority.h"
#include "policy/waivers.h"
#include "proof/capture.h"
#include "proof/packet.h"
#include "proof/report.h"

namespace ringwall::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct VerifyOptions {
  std::string report, pcap;
  std::vector<std::string> interfaces{"lo"};
  bool debug_key_log = false;
};

/// Certificates for the two test phones, good for a day, gone with this object.
class TestIdentities {
 public:
  static Result<std::unique_ptr<TestIdentities>> make(const policy::Site& site, TestCallPlan& plan) {
    if (!plan.trunk->anchors.empty())
      return fail(
          "trunk '" + plan.trunk->name + "' trusts another authority, so this site cannot make a test caller for it",
          "ringwall.toml [verify]", "name a trunk that trusts the site's own root");
    std::string folder = (site.folder / "run" / "verify-XXXXXX").string();
    if (!mkdtemp(folder.data()))
      return fail("cannot make a folder for the test certificates", folder,
                  "check the rights of the site's run folder");
    std::unique_ptr<TestIdentities> out(new TestIdentities(folder));
    TRY(auto authority, pki::Authority::open(site.folder / "pki"));
    plan.caller_identity = out->folder_ / "caller";
    plan.phone_identity = out->folder_ / "phone";
    for (const auto& [name, place] :
         {std::pair{plan.trunk->names.front(), plan.caller_identity}, std::pair{plan.phone->name, plan.phone_identity}})
      TRY_VOID(authority.issue({.name = name, .days = std::chrono::days(1), .out = place}, wall_now()));
    return out;
  }
  ~TestIdentities() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  TestIdentities(const TestIdentities&) = delete;

 private:
  explicit TestIdentities(fs::path folder) : folder_(std::move(folder)) {}
  fs::path folder_;
};

Result<TestCallPlan> make_plan(const policy::Site& site) {
  const std::string where = (site.folder / "ringwall.toml").string() + " [verify]";
  if (!site.verify)
    return fail("the site does not say how it is to be verified", where, "add [verify] with trunk, number and agent");
  TestCallPlan plan;
  plan.site = &site;
  plan.number = site.verify->number;
  plan.trunk = site.trunk(site.verify->trunk);
  plan.caller_address = site.verify->caller_address;
  plan.phone_address = site.verify->phone_address;
  for (const auto& agent : site.agents)
    if (agent.id == site.verify->agent) plan.agent = &agent;
  if (plan.agent) plan.phone = site.phone_of_line(plan.agent->line);
  if (!plan.trunk || !plan.agent || !plan.phone || !site.service(plan.number))
    return fail("[verify] names what the site does not have", where, "run 'ringwall check'");
  return plan;
}

/// One run of the proof.
class Verification {
 public:
  Verification(const VerifyOptions& options, const policy::Site& site, TestCallPlan plan,
               std::function<void(std::string_view)> progress)
      : options_(options), site_(site), plan_(std::move(plan)), control_(site.folder), progress_(std::move(progress)) {}

  proof::Report run() {
    const auto begin = std::chrono::steady_clock::now();
    start_capture();
    TestCall call(plan_, control_, progress_);
    auto result = call.run();
    std::optional<TestCallResult> happened;
    if (result)
      happened = std::move(*result);
    else
      facts_.call_error = result.error();
    call.finish();
    progress_("the capture is read");
    facts_.hops = hops_of(plan_, happened);
    classify(call.seen_legs());
    facts_.waivers = waivers();
    facts_.now = wall_now();
    facts_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return proof::judge(facts_);
  }

 private:
  void start_capture() {
    proof::CaptureOptions capture;
    capture.interfaces = options_.interfaces;
    for (const auto& element : site_.elements)
      capture.addresses.push_back(element.address);
    capture.keep = options_.pcap;
    auto started = proof::Capture::start(std::move(capture));
    if (started)
      capture_ = std::move(*started);
    else
      facts_.capture_error = started.error();
  }

  void classify(const std::set<SeenLeg>& seen) {
    if (!capture_) return;
    capture_->stop();
    proof::ClassifyOptions options;
    std::set<std::uint16_t> ports;
    for (const auto& element : site_.elements)
      ports.insert(element.sip_port);
    options.tls_ports.assign(ports.begin(), ports.end());
    options.media_port_low = site_.media_port_low;
    options.media_port_high = site_.media_port_high;
    proof::Classifier classifier(options);
    for (const auto& frame : capture_->drain())
      if (const auto packet = proof::parse_packet(frame)) classifier.add(*packet);
    const auto known = paths_of(seen, facts_.hops);
    std::vector<proof::MediaPath> paths;
    for (const auto& one : known)
      paths.push_back(one.path);
    classifier.authenticate(
        paths, [&](const proof::MediaPath& path, bool from_to, proof::MediaKind, std::span<const Buffer> packets) {
          for (const auto& one : known)
            if (one.path.from_address == path.from_address && one.path.to_address == path.to_address)
              return authenticate(one, from_to, packets);
          return std::vector<bool>{};
        });
    facts_.wire = classifier.finish();
    facts_.capture = capture_->counts();
  }

  /// Asks the site whether packets authenticate: the keys stay in the process that has them.
  std::vector<bool> authenticate(const KnownPath& known, bool from_to, std::span<const Buffer> packets) {
    constexpr std::size_t batch = 10'000;  // one batch in practice: the rollover counter must not start anew
    std::vector<bool> out;
    for (std::size_t at = 0; at < packets.size(); at += batch) {
      json::array list;
      for (const auto& packet : packets.subspan(at, std::min(batch, packets.size() - at)))
        list.push_back(json::object{{"from_peer", from_to == known.leg_is_to}, {"bytes", print_base64(packet)}});
      const auto answer = control_.call("POST", "/v1/proof/authenticate",
                                        json::object{{"media_leg", known.media_leg}, {"packets", std::move(list)}});
      if (!answer) return out;
      for (const auto& authentic : list_of(*answer, "authentic"))
        out.push_back(authentic.is_bool() && authentic.get_bool());
    }
    return out;
  }

  std::vector<proof::WaiverEvidence> waivers() const {
    std::vector<proof::WaiverEvidence> out;
    for (const auto& waiver : policy::list_waivers(site_, wall_now())) {
      proof::WaiverEvidence evidence{waiver.name, waiver.reason, waiver.until, {}};
      for (const auto& trunk : site_.trunks) {
        const auto* profile = site_.profile(trunk.profile);
        const auto* element = site_.element(trunk.element);
        if (!profile || !element || profile->waiver != waiver.name) continue;
        for (const auto& address : trunk.addresses)
          evidence.paths.push_back({waiver.name, {element->address, 0}, {address, 0}});
      }
      out.push_back(std::move(evidence));
    }
    return out;
  }

  const VerifyOptions& options_;
  const policy::Site& site_;
  TestCallPlan plan_;
  desktop::ControlClient control_;
  std::function<void(std::string_view)> progress_;
  std::unique_ptr<proof::Capture> capture_;
  proof::Facts facts_;
};

Result<bool> verify(CommandContext& context, const VerifyOptions& options) {
  const policy::Loaded loaded = policy::load(context.site, wall_now());
  if (!loaded.usable())
    return fail("the configuration has mistakes", (context.site / "ringwall.toml").string(), "run 'ringwall check'");
  TRY(TestCallPlan plan, make_plan(loaded.site));
  plan.debug_key_log = options.debug_key_log;
  TRY_VOID(desktop::ControlClient(context.site).call("GET", "/v1/ports"));
  TRY(const auto identities, TestIdentities::make(loaded.site, plan));
  Verification verification(options, loaded.site, std::move(plan), [&](std::string_view step) {
    if (!context.json) context.err() << "  " << step << "\n" << std::flush;
  });
  const proof::Report report = verification.run();
  if (!options.report.empty())
    TRY_VOID(pki::write_file(options.report, as_bytes(proof::print_json(report)), pki::public_mode));
  context.out() << (context.json ? proof::print_json(report) : proof::to_text(report));
  return report.proven;
}

}  // namespace

void add_verify(CLI::App& app, CommandContext& context) {
  auto* command =
      app.add_subcommand("verify", "Send a real call through the running site and prove what was on the wire");
  auto options = std::make_shared<VerifyOptions>();
  command->add_option("--report", options->report, "Write the proof as JSON to this file");
  command->add_option("--pcap", options->pcap, "Keep the capture in this file");
  command->add_option("--interface", options->interfaces, "Interface to capture on (may be repeated)")
      ->capture_default_str();
  command->add_flag("--debug-key-log", options->debug_key_log,
                    "Append the test phones' TLS session keys to the file named by SSLKEYLOGFILE");
  command->callback([&context, options] {
    log::set_level(log::Level::warning);  // the steps are told by the command itself
    const auto proven = verify(context, *options);
    if (!proven)
      context.failed(proven.error());
    else if (!*proven)
      context.exit_code = 1;
  });
}

}  // namespace ringwall::cli
