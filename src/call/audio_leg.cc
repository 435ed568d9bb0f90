#include "call/audio_leg.h"

#include "base/check.h"
#include "crypto/random.h"

namespace ringwall::call {

Result<std::unique_ptr<AudioLeg>> AudioLeg::open(runtime::MediaEngine& engine, AudioLegOptions options) {
  CHECK(options.suites.empty() == !options.waiver.empty());
  TRY(const auto opened, engine.open(options.ip, options.port_low, options.port_high, options.beside));
  return std::unique_ptr<AudioLeg>(new AudioLeg(engine, std::move(options), opened));
}

AudioLeg::AudioLeg(runtime::MediaEngine& engine, AudioLegOptions options, runtime::MediaEngine::Opened opened)
    : engine_(engine),
      options_(std::move(options)),
      opened_(std::move(opened)),
      session_id_(crypto::random_u64() >> 2) {}

AudioLeg::~AudioLeg() {
  engine_.close(opened_.leg);
}

sdp::Local AudioLeg::local() const {
  return {.address = opened_.address,
          .codecs = options_.codecs,
          .suites = options_.suites,
          .session_id = session_id_,
          .version = version_,
          .random_key = [](std::size_t size) { return crypto::random_key(size); }};
}

std::string AudioLeg::offer() {
  ++version_;
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
  return apply(agreed);
}

Result<std::string> AudioLeg::answer(std::string_view offer) {
  TRY(const auto parsed, sdp::parse(offer));
  ++version_;
  TRY(const auto made, sdp::make_answer(parsed, local()));
  TRY_VOID(apply(made.agreed));
  return sdp::print(made.answer);
}

Result<> AudioLeg::acceptable(std::string_view offer) const {
  TRY(const auto parsed, sdp::parse(offer));
  TRY_VOID(sdp::make_answer(parsed, local()));
  return {};
}

Result<> AudioLeg::apply(const sdp::Agreed& agreed) {
  media::LegParameters parameters;
  parameters.remote = agreed.remote;
  parameters.remote_rtcp_port = agreed.remote_rtcp_port;
  parameters.rtcp_mux = agreed.rtcp_mux;
  parameters.codec = agreed.codec == "PCMA" ? media::Codec::pcma : media::Codec::pcmu;
  parameters.payload_type = agreed.payload_type;
  parameters.dtmf_payload_type = agreed.dtmf_payload_type;
  parameters.send = agreed.direction == sdp::Direction::sendrecv || agreed.direction == sdp::Direction::sendonly;
  parameters.receive = agreed.direction == sdp::Direction::sendrecv || agreed.direction == sdp::Direction::recvonly;
  if (agreed.suite.empty()) {
    CHECK(!options_.waiver.empty());
    parameters.security = options_.waiver;
  } else {
    const auto suite = media::parse_suite(agreed.suite);
    if (!suite) return fail("the suite " + agreed.suite + " is not known to the media plane");
    parameters.security = media::SrtpKeys{*suite, agreed.local_key, agreed.remote_key};
  }
  TRY_VOID(engine_.configure(opened_.leg, std::move(parameters)));
  suite_ = agreed.suite;
  codec_ = agreed.codec;
  held_ = agreed.direction != sdp::Direction::sendrecv;
  return {};
}

}  // namespace ringwall::call
