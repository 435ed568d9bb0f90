#include "call/audio_leg.h"

#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "call/audio_codec.h"
#include "crypto/random.h"

namespace ringwall::call {

namespace {

media::SrtpKeys srtp_keys(media::Suite suite, const sdp::Agreed& agreed) {
  media::SrtpKeys out{.suite = suite,
                      .local = agreed.local_key,
                      .remote = agreed.remote_key,
                      .local_mki = agreed.local_mki,
                      .remote_mki = agreed.remote_mki,
                      .lifetime = agreed.lifetime};
  for (const sdp::MasterKey& key : agreed.more_remote_keys)
    out.more_remote.push_back({key.key_and_salt, key.mki});
  return out;
}

}  // namespace

Result<std::unique_ptr<AudioLeg>> AudioLeg::open(runtime::MediaEngine& engine, AudioLegOptions options) {
  CHECK(options.suites.empty() == !options.waiver.empty());
  TRY(const auto opened, engine.open(options.ip, options.port_low, options.port_high, options.beside));
  return std::unique_ptr<AudioLeg>(new AudioLeg(engine, std::move(options), opened));
}

AudioLeg::AudioLeg(runtime::MediaEngine& engine, AudioLegOptions options, runtime::MediaEngine::Opened opened)
    : engine_(engine),
      options_(std::move(options)),
      opened_(std::move(opened)),
      session_id_(crypto::random_u64() >> 2),
      ice_(options_.ice, opened_.address) {
  renew_keys();
  engine_.watch(opened_.leg, [this](const media::Event& event) { media_event(event); });
}

AudioLeg::~AudioLeg() {
  engine_.close(opened_.leg);
}

sdp::Local AudioLeg::local() const {
  sdp::Local out{.address = opened_.address,
                 .codecs = options_.codecs,
                 .suites = options_.suites,
                 .session_id = session_id_,
                 .version = version_,
                 .random_key = [](std::size_t size) { return crypto::random_key(size); }};
  add_keys(out);
  out.ice = ice_.local();
  return out;
}

std::string AudioLeg::offer() {
  ++version_;
  if (std::exchange(path_lost_, false)) ice_.renew();
  offered_ = sdp::make_offer(local());
  return sdp::print(*offered_);
}

Result<> AudioLeg::answered(std::string_view answer) {
  TRY_VOID(early_answered(answer));
  offered_.reset();
  return {};
}

Result<> AudioLeg::early_answered(std::string_view answer) {
  if (!offered_) return fail("an answer came without an offer");
  TRY(const auto parsed, sdp::parse(answer));
  TRY(const auto agreed, sdp::apply_answer(*offered_, parsed));
  return apply(agreed, true);
}

Result<std::string> AudioLeg::answer(std::string_view offer) {
  TRY(const auto parsed, sdp::parse(offer));
  ++version_;
  ice_.see_offer(parsed);
  TRY(auto made, sdp::make_answer(parsed, local()));
  if (asks_for_new_association(made.agreed)) {
    end_association();
    TRY(auto again, sdp::make_answer(parsed, local()));
    made = std::move(again);
  }
  TRY_VOID(apply(made.agreed, false));
  return sdp::print(made.answer);
}

Result<> AudioLeg::acceptable(std::string_view offer) const {
  TRY(const auto parsed, sdp::parse(offer));
  TRY_VOID(sdp::make_answer(parsed, local()));
  return {};
}

Result<> AudioLeg::apply(const sdp::Agreed& agreed, bool we_offered) {
  media::LegParameters parameters;
  parameters.remote = agreed.remote;
  parameters.remote_rtcp_port = agreed.remote_rtcp_port;
  parameters.rtcp_mux = agreed.rtcp_mux;
  apply_codec(agreed, !options_.waiver.empty(), parameters);
  parameters.send = agreed.direction == sdp::Direction::sendrecv || agreed.direction == sdp::Direction::sendonly;
  parameters.receive = agreed.direction == sdp::Direction::sendrecv || agreed.direction == sdp::Direction::recvonly;
  if (agreed.dtls) {
    parameters.security = dtls_parameters(agreed);
  } else if (agreed.suite.empty()) {
    CHECK(!options_.waiver.empty());
    parameters.security = options_.waiver;
  } else {
    const auto suite = media::parse_suite(agreed.suite);
    if (!suite) return fail("the suite " + agreed.suite + " is not known to the media plane");
    parameters.security = srtp_keys(*suite, agreed);
  }
  parameters.ice = ice_.parameters(agreed, we_offered);
  TRY_VOID(engine_.configure(opened_.leg, std::move(parameters)));
  if (!agreed.dtls) end_association();
  if (!agreed.dtls) suite_ = agreed.suite;
  codec_ = agreed.codec;
  held_ = agreed.direction != sdp::Direction::sendrecv;
  return {};
}

/// A path may be found again, by the peer's checks or by the next offer, which restarts ICE: the call goes on.
void AudioLeg::path_event(const media::Event& event) {
  if (const auto* chosen = std::get_if<media::PathChosen>(&event))
    log::info("media", "leg {}: its path leads to {}", opened_.leg, chosen->remote.text());
  path_lost_ = std::holds_alternative<media::PathLost>(event) ||
               (path_lost_ && !std::holds_alternative<media::PathChosen>(event));
  const auto* lost = std::get_if<media::PathLost>(&event);
  if (lost == nullptr) return;
  log::warning("media", "leg {}: {}; nothing is sent", opened_.leg,
               lost->had_one ? "the peer answers no more checks (RFC 7675)" : "no path to the peer was found");
}

}  // namespace ringwall::call
