#include "cli/recording.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/context.h"
#include "cli/json_text.h"
#include "cli/recording_work.h"
#include "cli/table.h"
#include "desktop/control_client.h"
#include "pki/recording_audit.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;
using runtime::RecordingPlace;

std::string length_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  return fmt::format("{}:{:02}:{:02}", whole / 3'600, whole / 60 % 60, whole % 60);
}

double seconds_of(std::uint64_t samples) {
  return static_cast<double>(samples) / media::recording::rate;
}

/// On a terminal, a line that is written over as the work goes on; at most ten times a second.
Progress progress_of(const CommandContext& context, std::string_view doing) {
  if (context.json || ::isatty(STDERR_FILENO) == 0) return {};
  return [&context, doing = std::string(doing), next = Time{}](std::size_t done, std::size_t all) mutable {
    const Time now = Clock::now();
    if (now < next) return;
    next = now + std::chrono::milliseconds(100);
    context.err() << '\r' << doing << ' ' << done << " of " << all << "\x1b[K\r" << std::flush;
  };
}

Result<std::vector<RecordingPlace>> chosen(const CommandContext& context, const std::vector<std::string>& names) {
  if (names.empty()) return runtime::list_recordings(recordings_folder(context.site));
  std::vector<RecordingPlace> out;
  for (const std::string& name : names) {
    TRY(auto place, runtime::find_recording(recordings_folder(context.site), name));
    out.push_back(std::move(place));
  }
  return out;
}

Result<> list(CommandContext& context) {
  TRY(const auto rows, recording_rows(context.site));
  json::array all;
  Table table({"Recording", "Began", "Length", "State", "Site key"});
  for (const RecordingRow& row : rows) {
    table.row({row.name, row.state == "unreadable" ? "" : print_wall_time(row.began), length_text(row.seconds),
               row.state, row.site_key});
    all.push_back(json::object{{"name", row.name},
                               {"interaction", row.interaction},
                               {"state", row.state},
                               {"began", print_wall_time(row.began)},
                               {"seconds", row.seconds},
                               {"bytes", row.bytes},
                               {"site_key", row.site_key},
                               {"trouble", row.trouble}});
  }
  if (context.json)
    context.print_json(json::object{{"recordings", std::move(all)}});
  else
    context.out() << (table.empty() ? "No recordings.\n" : table.text());
  return {};
}

json::array masks_json(const media::RecordingSummary& summary) {
  json::array out;
  for (const auto& mask : summary.masks)
    out.push_back(json::object{{"from", seconds_of(mask.from)}, {"to", seconds_of(mask.to)}});
  return out;
}

json::object verdict_json(const RecordingVerdict& verdict) {
  json::object labels;
  for (const auto& [name, value] : verdict.summary.labels)
    labels[name] = value;
  json::object out{{"name", verdict.name},
                   {"state", verdict.state},
                   {"chunks", verdict.summary.chunks},
                   {"seconds", seconds_of(verdict.summary.samples)},
                   {"masks", masks_json(verdict.summary)},
                   {"labels", std::move(labels)},
                   {"issues", json::array(verdict.issues.begin(), verdict.issues.end())}};
  if (verdict.summary.end) {
    out["ended"] = media::print(verdict.summary.end->reason);
    out["frames_dropped"] = verdict.summary.end->frames_dropped;
  }
  return out;
}

Result<> show(CommandContext& context, const std::string& name) {
  TRY(const auto place, runtime::find_recording(recordings_folder(context.site), name));
  const RecordingVerdict verdict = verify_recording(place, site_keys(context.site));
  if (context.json) {
    context.print_json(verdict_json(verdict));
    return {};
  }
  context.out() << fmt::format("{}: {}, {}\n", place.name, verdict.state,
                               length_text(seconds_of(verdict.summary.samples)));
  for (const auto& [label, value] : verdict.summary.labels)
    context.out() << fmt::format("  {:<9} {}\n", label, value);
  for (const auto& mask : verdict.summary.masks)
    context.out() << fmt::format("  masked    {:.2f} s to {:.2f} s\n", seconds_of(mask.from), seconds_of(mask.to));
  if (verdict.summary.end)
    context.out() << fmt::format("  ended     {}, {} frames missing\n", media::print(verdict.summary.end->reason),
                                 verdict.summary.end->frames_dropped);
  for (const std::string& issue : verdict.issues)
    context.out() << "  " << issue << "\n";
  return {};
}

Result<> verify(CommandContext& context, const std::vector<std::string>& names) {
  TRY(const auto places, chosen(context, names));
  const auto find = site_keys(context.site);
  const Progress progress = progress_of(context, "verified");
  json::array all;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (progress) progress(i, places.size());
    const RecordingVerdict verdict = verify_recording(places[i], find);
    if (!verdict.good()) ++bad;
    all.push_back(verdict_json(verdict));
    if (context.json || (verdict.good() && names.empty())) continue;
    context.out() << fmt::format("{}: {}\n", verdict.name, verdict.state);
    for (const std::string& issue : verdict.issues)
      context.out() << "  " << issue << "\n";
  }
  const auto audit = pki::check_recording_audit(context.site);
  if (bad > 0 || !audit) context.exit_code = 1;
  if (context.json) {
    context.print_json(json::object{
        {"recordings", std::move(all)}, {"not_whole", bad}, {"audit", audit ? "whole" : audit.error().text()}});
    return {};
  }
  context.out() << fmt::format("{} recordings, {} of them not whole; audit {}\n", places.size(), bad,
                               audit ? "whole" : audit.error().text());
  return {};
}

Result<> rotate(CommandContext& context, bool destroy_old) {
  TRY(const Rotation done, rotate_recording_keys(context.site, destroy_old, progress_of(context, "wrapped")));
  if (!done.failures.empty()) context.exit_code = 1;
  json::array failures;
  for (const Error& failure : done.failures)
    failures.push_back(json::value(failure.text()));
  if (context.json) {
    context.print_json(json::object{{"key", done.key},
                                    {"wrapped", done.wrapped},
                                    {"destroyed", json::array(done.destroyed.begin(), done.destroyed.end())},
                                    {"failures", std::move(failures)}});
    return {};
  }
  context.out() << fmt::format("new site key {}; {} recordings are wrapped by it\n", done.key, done.wrapped);
  for (const std::string& key : done.destroyed)
    context.out() << "destroyed the site key " << key << "\n";
  for (const Error& failure : done.failures)
    context.out() << "not wrapped anew: " << failure.text() << "\n";
  return {};
}

Result<> erase(CommandContext& context, const std::vector<std::string>& names, const std::string& reason) {
  TRY(const auto places, chosen(context, names));
  json::array erased;
  for (const RecordingPlace& place : places) {
    TRY_VOID(erase_audited(context.site, place, reason, wall_now()));
    erased.push_back(json::value(place.name));
    if (!context.json) context.out() << "erased " << place.name << "\n";
  }
  if (context.json) context.print_json(json::object{{"erased", std::move(erased)}});
  return {};
}

Result<> export_to(CommandContext& context, const std::string& name, const std::string& out, ExportSide side) {
  TRY(const auto place, runtime::find_recording(recordings_folder(context.site), name));
  TRY(const Exported done, export_recording(context.site, place, out, side));
  const std::string_view state = print(done.summary.state);
  if (context.json)
    context.print_json(json::object{{"name", place.name}, {"file", out}, {"seconds", done.seconds}, {"state", state}});
  else
    context.out() << fmt::format("wrote {}: {}{}\n", out, length_text(done.seconds),
                                 done.summary.end ? "" : " (incomplete: the recording has no end)");
  return {};
}

Result<> set_state(CommandContext& context, const std::string& call, std::string_view state) {
  TRY(const auto answer,
      desktop::ControlClient(context.site).call("PUT", "/v1/recordings/" + call, json::object{{"state", state}}));
  if (context.json)
    context.print_json(answer);
  else
    context.out() << "the recording of call " << text_of(answer, "interaction") << " is " << text_of(answer, "state")
                  << "\n";
  return {};
}

void run(CommandContext& context, const Result<>& done) {
  if (!done) context.failed(done.error());
}

void add_export(CLI::App& recording, CommandContext& context) {
  auto* command = recording.add_subcommand("export", "Write a recording as a WAV file, in the clear");
  auto name = std::make_shared<std::string>(), out = std::make_shared<std::string>();
  auto side = std::make_shared<std::string>("both");
  command->add_option("NAME", *name, "The recording, or the beginning of its name")->required();
  command->add_option("--out", *out, "The WAV file, which must not exist")->required();
  command->add_option("--side", *side, "caller, called, or both (the caller left, what the caller heard right)")
      ->check(CLI::IsMember({"both", "caller", "called"}))
      ->capture_default_str();
  command->callback([&context, name, out, side] {
    const ExportSide chosen_side = *side == "caller"   ? ExportSide::caller
                                   : *side == "called" ? ExportSide::called
                                                       : ExportSide::both;
    run(context, export_to(context, *name, *out, chosen_side));
  });
}

void add_erase(CLI::App& recording, CommandContext& context) {
  auto* command = recording.add_subcommand("erase", "Destroy the keys of recordings: nobody can read them again");
  auto names = std::make_shared<std::vector<std::string>>();
  auto reason = std::make_shared<std::string>();
  command->add_option("NAME", *names, "The recordings")->required();
  command->add_option("--reason", *reason, "Why, for the audit")->required();
  command->callback([&context, names, reason] { run(context, erase(context, *names, *reason)); });
}

void add_rotate(CLI::App& recording, CommandContext& context) {
  auto* command = recording.add_subcommand("rotate-keys", "Make a new site key and wrap all recordings' keys by it");
  auto destroy = std::make_shared<bool>(false);
  command->add_flag("--destroy-old", *destroy, "Destroy the site keys that no recording needs any more");
  command->callback([&context, destroy] { run(context, rotate(context, *destroy)); });
}

void add_pause_and_resume(CLI::App& recording, CommandContext& context) {
  const std::pair<const char*, const char*> words[] = {{"pause", "paused"}, {"resume", "on"}};
  for (const auto& [word, state] : words) {
    auto* command = recording.add_subcommand(word, fmt::format("{} the recording of a running call", word));
    auto call = std::make_shared<std::string>();
    command->add_option("CALL", *call, "The interaction, or the beginning of it (see 'ringwall show calls')")
        ->required();
    command->callback(
        [&context, call, wanted = std::string(state)] { run(context, set_state(context, *call, wanted)); });
  }
}

}  // namespace

void add_recording(CLI::App& app, CommandContext& context) {
  auto* recording = app.add_subcommand("recording", "Recordings of calls: encrypted files and their keys");
  recording->require_subcommand(1);
  recording->add_subcommand("list", "All recordings")->callback([&context] { run(context, list(context)); });
  auto* show_command = recording->add_subcommand("show", "What a recording says of itself");
  auto name = std::make_shared<std::string>();
  show_command->add_option("NAME", *name, "The recording, or the beginning of its name")->required();
  show_command->callback([&context, name] { run(context, show(context, *name)); });
  add_export(*recording, context);
  auto* verify_command = recording->add_subcommand("verify", "Check every chunk of recordings, and the audit");
  auto names = std::make_shared<std::vector<std::string>>();
  verify_command->add_option("NAME", *names, "The recordings (default: all)");
  verify_command->callback([&context, names] { run(context, verify(context, *names)); });
  add_rotate(*recording, context);
  add_erase(*recording, context);
  add_pause_and_resume(*recording, context);
}

}  // namespace ringwall::cli
