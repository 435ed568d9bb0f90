#include "cli/phone_script.h"

#include "call/phone.h"
#include "cli/json_text.h"
#include "cli/views_json.h"
#include "cli/wav_file.h"
#include "runtime/process.h"

namespace ringwall::cli {
namespace {

using call::Phone;

Duration seconds_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Result<call::PhoneOptions> phone_options(const PhoneScript& script) {
  call::PhoneOptions out;
  out.name = "phone " + script.user;
  out.user = script.user;
  out.domain = script.domain;
  out.address = script.address;
  out.identity = runtime::TlsIdentity::in_folder(script.identity);
  out.anchors.file = script.identity / "anchors.pem";
  TRY(out.server, parse_net_address(script.server, 5061));
  out.server_name = script.server_name;
  if (!script.suites.empty()) out.suites = script.suites;
  if (!script.codecs.empty()) out.codecs = script.codecs;
  if (script.ice != "off") out.ice = script.ice == "lite" ? policy::Ice::lite : policy::Ice::full;
  if (script.dtls) out.key_exchanges = {sdp::KeyExchange::dtls};
  return out;
}

/// One run: the loop, the media plane, the phone, and the steps of the script in their order.
class Run {
 public:
  explicit Run(const PhoneScript& script)
      : script_(script),
        media_(
            {}, [this](std::function<void()> work) { loop_.post(std::move(work)); },
            [this](const media::Event& event) {
              if (phone_) phone_->media_event(event);
            }) {}

  Result<PhoneFacts> operator()() {
    TRY(auto options, phone_options(script_));
    TRY(phone_, Phone::create(loop_, media_, std::move(options)));
    runtime::handle_signals(loop_, {.terminate = [this] { stopped_ = true; }, .reload = {}, .interrupt = {}});
    bool good = !script_.do_register || register_line();
    if (good && !script_.number.empty()) good = place_call();
    if (good && script_.answer) good = take_call();
    if (good && phone_->state() == Phone::State::talking) {
      TRY_VOID(talk());
    }
    PhoneFacts facts = report(good);
    finish();
    return facts;
  }

 private:
  bool register_line() {
    phone_->register_line();
    run_until([&] { return phone_->registered() || phone_->last_status() != 0 || !phone_->failure().empty(); }, wait());
    return phone_->registered();
  }

  bool place_call() {
    phone_->call(script_.number);
    run_until([&] { return phone_->state() == Phone::State::talking || phone_->state() == Phone::State::over; },
              wait());
    return phone_->state() == Phone::State::talking;
  }

  bool take_call() {
    run_until([&] { return phone_->state() == Phone::State::incoming; }, wait());
    if (phone_->state() != Phone::State::incoming) return false;
    const auto timer =
        loop_.after(seconds_of(script_.answer_after_s), [this] { answered_ = phone_->answer().has_value(); });
    run_until([&] { return phone_->state() == Phone::State::talking || phone_->state() == Phone::State::over; },
              wait() + seconds_of(script_.answer_after_s));
    return answered_ && phone_->state() == Phone::State::talking;
  }

  Result<> talk() {
    const media::LegId leg = phone_->audio()->leg();
    media_.start_recording(leg);
    if (script_.tone_hz > 0) media_.start_tone(leg, script_.tone_hz);
    if (!script_.play.empty()) {
      TRY(auto samples, read_wav_file(script_.play));
      media_.play(leg, {{std::move(samples)}});
    }
    const auto timer = loop_.after(seconds_of(script_.digits_after_s), [this, leg] {
      if (!script_.digits.empty()) (void)media_.send_digits(leg, script_.digits);
    });
    run_until([&] { return phone_->state() == Phone::State::over; }, seconds_of(script_.seconds));
    bool taken = false;
    media_.report(leg, [this](std::optional<media::LegReport> report) { media_report_ = std::move(report); });
    media_.take_recording(leg, [&](media::Pcm heard) {
      heard_ = std::move(heard);
      taken = true;
    });
    loop_.run_until([&] { return taken; }, wait());
    connection_ = phone_->connection();
    if (script_.record.empty() || !heard_) return {};
    return write_wav_file(script_.record, *heard_);
  }

  PhoneFacts report(bool good) {
    if (!connection_) connection_ = phone_->connection();
    PhoneFacts facts;
    facts.succeeded = good;
    facts.json = {{"succeeded", good},
                  {"registered", phone_->registered()},
                  {"status", phone_->last_status()},
                  {"failure", phone_->failure()},
                  {"digits_received", phone_->digits().size()}};
    if (connection_) facts.json["connection"] = to_json(*connection_);
    if (media_report_) facts.json["media"] = to_json(*media_report_);
    facts.text =
        good ? "done\n"
             : "failed: " + (phone_->failure().empty() ? std::string("nothing happened in time") : phone_->failure()) +
                   "\n";
    if (connection_)
      facts.text += fmt::format("signalling: {} {} with {}\n", connection_->tls.version, connection_->tls.cipher,
                                fmt::join(connection_->tls.peer_names, ", "));
    if (media_report_)
      facts.text +=
          fmt::format("audio: {} {} sent {} received {} packets, {} authentication failures, {} lost\n",
                      media_report_->dtls ? "DTLS" : "SDES", media_report_->suite, media_report_->sent.packets,
                      media_report_->received.packets, media_report_->authentication_failures, media_report_->lost);
    return facts;
  }

  void finish() {
    phone_->hang_up();
    if (phone_->registered()) {
      phone_->register_line(0);
      loop_.run_until([&] { return !phone_->registered(); }, std::chrono::seconds(2));
    }
    loop_.run_until([] { return false; }, std::chrono::milliseconds(200));  // so that BYE and its answer pass
  }

  /// Until that is so, the time is over, or the operator has stopped us: what has begun is then ended in order.
  void run_until(const std::function<bool()>& condition, Duration time) {
    loop_.run_until([&] { return stopped_ || condition(); }, time);
  }

  [[nodiscard]] Duration wait() const { return seconds_of(script_.wait_s); }

  const PhoneScript& script_;
  runtime::SignallingLoop loop_;
  runtime::MediaEngine media_;
  std::unique_ptr<Phone> phone_;
  std::optional<runtime::ConnectionView> connection_;
  std::optional<media::LegReport> media_report_;
  media::Pcm heard_;
  bool answered_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<PhoneFacts> run_phone(const PhoneScript& script) {
  return Run(script)();
}

}  // namespace ringwall::cli
