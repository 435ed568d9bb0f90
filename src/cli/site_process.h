#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "call/element.h"
#include "cli/recording_keeper.h"
#include "desktop/control_server.h"
#include "runtime/media_engine.h"
#include "runtime/recording_writer.h"
#include "runtime/signalling_loop.h"
#include "store/store_thread.h"

namespace ringwall::call_server {
class CallServer;
}
namespace ringwall::call_manager {
class CallManager;
}
namespace ringwall::voice_browser {
class VoiceBrowser;
}

namespace ringwall::cli {

struct RunOptions {
  std::filesystem::path site;
  std::vector<std::string> elements;  ///< empty: all
  std::chrono::seconds drain_time{300};
  bool debug_key_log = false;
};

/// A running site, or some elements of it: the one place where loop, media, store, elements and control API are wired
/// together. Everything but the media and store threads happens on the thread that calls run().
class SiteProcess {
 public:
  /// Reads the configuration and opens everything. Findings of the configuration are logged; an error among them, a
  /// port in use or a store that cannot be opened fails.
  static Result<std::unique_ptr<SiteProcess>> start(RunOptions options);
  ~SiteProcess();
  SiteProcess(const SiteProcess&) = delete;

  void run();  ///< until the process is told to stop (SIGTERM, SIGINT) and has drained

  void stop();  ///< any thread: hangs up every call and ends run()

  /// Reads the configuration again; keeps the one in force if the new one is bad.
  Result<> reload();

  // For the API.
  [[nodiscard]] const policy::Site& site() const { return *in_force_->site; }
  [[nodiscard]] const std::vector<std::unique_ptr<call::Element>>& elements() const { return elements_; }
  [[nodiscard]] call_server::CallServer* call_server() const { return call_server_; }
  [[nodiscard]] call_manager::CallManager* call_manager() const { return call_manager_; }
  [[nodiscard]] runtime::MediaEngine& media() { return *media_; }
  [[nodiscard]] runtime::RecordingWriter& recordings() { return *recordings_; }
  [[nodiscard]] runtime::SignallingLoop& loop() { return loop_; }
  [[nodiscard]] store::StoreThread& store() { return *store_; }
  /// Appends to the event log.
  void record(const std::string& interaction, std::string_view kind,
              const std::vector<std::pair<std::string_view, std::string>>& detail);

 private:
  explicit SiteProcess(RunOptions options) : options_(std::move(options)) {}
  Result<> load_configuration();
  Result<> open_store();
  Result<> make_elements();
  Result<std::unique_ptr<call::Element>> make_element(const policy::Element& element,
                                                      const call::ElementContext& context);
  Result<> start_control();
  void media_event(const media::Event& event);
  void start_recordings();
  void recording_news(const runtime::RecordingNews& news);
  Result<> use_configuration(const policy::Site& before);
  void wipe_media_keys();
  void drain();
  void stop_when_idle();
  void stop_now(std::string_view reason);

  RunOptions options_;
  runtime::SignallingLoop loop_;
  std::shared_ptr<call::SiteInForce> in_force_ = std::make_shared<call::SiteInForce>();
  std::unique_ptr<store::StoreThread> store_;
  std::unique_ptr<runtime::MediaEngine> media_;
  std::unique_ptr<runtime::RecordingWriter> recordings_;
  std::unique_ptr<RecordingKeeper> keeper_;
  std::vector<std::unique_ptr<call::Element>> elements_;
  call_server::CallServer* call_server_ = nullptr;
  call_manager::CallManager* call_manager_ = nullptr;
  voice_browser::VoiceBrowser* voice_browser_ = nullptr;
  std::unique_ptr<desktop::ControlServer> control_;
  runtime::LoopTimer drain_timer_, wipe_timer_;
  Time drain_until_{};
  bool draining_ = false;
};

}  // namespace ringwall::cli
