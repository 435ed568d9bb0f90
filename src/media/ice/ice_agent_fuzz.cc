#include <cstdlib>

#include "base/limits.h"
#include "media/ice/ice_agent.h"

using namespace ringwall;
using namespace ringwall::media;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view our_password = "ourpasswordourpassword", their_password = "theirpasswordtheirpass";

PacketAddress some_place(std::uint8_t which) {
  PacketAddress out{.version = 4, .port = static_cast<std::uint16_t>(1000 + which % 16)};
  out.ip = {192, 0, 2, static_cast<std::uint8_t>(1 + which / 16)};
  return out;
}

/// Both peers of one agent: one who knows the password, and one who does not.
class World {
 public:
  explicit World(std::uint8_t first) : lite_(first & 1), agent_(options(first), parameters(first), now_) {}

  void step(ByteReader& in) {
    const std::uint8_t what = in.u8(), detail = in.u8();
    switch (what % 8) {
      case 0:
        now_ += std::chrono::milliseconds(20) * detail;
        return agent_.expire(now_);
      case 1:
        return receive(in.take(detail), detail);
      case 2:
      case 3:
        return request(in, what % 8 == 2, detail);
      case 4:
      case 5:
        return response(in, what % 8 == 4, detail);
      case 6:
        return agent_.add_candidate({fmt::format("f{}", detail % 5),
                                     static_cast<std::uint16_t>(1 + detail % 3),
                                     in.u32(),
                                     to_net_address(some_place(detail)),
                                     IceCandidate::Type::host,
                                     {}},
                                    now_);
      default:
        ++generation_;
        return agent_.configure(parameters(detail), mux_, now_);
    }
  }

  /// What has to be so at all times.
  void check() {
    if (agent_.pairs().size() > limits::ice_pairs) abort();
    for (int i = 0; auto out = agent_.poll_transmit(); ++i) {
      if (i > 1000 || !out->message.ok() || !stun::parse(out->message.bytes()) || !out->to) abort();
      const auto message = stun::parse(out->message.bytes());
      if (lite_ && message->kind == stun::Class::request) abort();
      if (message->kind != stun::Class::request && !proved_) abort();  // a stranger was answered
      if (message->kind == stun::Class::request) asked_ = message->transaction;
    }
    while (agent_.poll_event()) {
    }
    for (const std::uint16_t component : {std::uint16_t{1}, std::uint16_t{2}})
      if (agent_.target(component) && !proved_) abort();  // nobody has proved to be anywhere
    if (agent_.next_timer() < Time{}) abort();
  }

 private:
  IceAgentOptions options(std::uint8_t first) {
    mux_ = (first & 2) != 0;
    return {some_place(250), some_place(251), mux_, 77, [this](MutableBytes out) {
              for (auto& byte : out)
                byte = ++counter_;
            }};
  }
  IceParameters parameters(std::uint8_t flags) {
    IceParameters out{.local_ufrag = "ours",
                      .local_password = Secret(our_password),
                      .remote_ufrag = fmt::format("them{}", generation_ % 3),
                      .remote_password = Secret(their_password),
                      .lite = lite_,
                      .remote_lite = !lite_ && (flags & 8) != 0,
                      .controlling = (flags & 4) != 0};
    for (std::uint8_t i = 0; i < flags >> 4; ++i)
      out.remote_candidates.push_back({fmt::format("f{}", i % 3),
                                       static_cast<std::uint16_t>(1 + i % 2),
                                       1000u * i,
                                       to_net_address(some_place(i)),
                                       IceCandidate::Type::host,
                                       {}});
    return out;
  }
  void receive(Bytes bytes, std::uint8_t detail) {
    if (stun::looks_like_stun(bytes)) agent_.receive(bytes, some_place(detail), 1 + detail % 2, now_);
  }
  stun::TransactionId number(ByteReader& in) {
    stun::TransactionId out{};
    std::ranges::copy(in.take(std::min<std::size_t>(in.remaining(), 4)), out.begin());
    return out;
  }
  void request(ByteReader& in, bool knows, std::uint8_t detail) {
    stun::Writer out(stun::Class::request, number(in));
    out.text(stun::Attribute::username, fmt::format("ours:them{}", generation_ % 3));
    if ((detail & 1) == 0) out.u32(stun::Attribute::priority, in.u32());
    if ((detail & 2) != 0) out.flag(stun::Attribute::use_candidate);
    if ((detail & 4) != 0) out.u64(stun::Attribute::ice_controlling, in.u8());
    if ((detail & 8) != 0) out.u64(stun::Attribute::ice_controlled, in.u8());
    out.integrity(as_bytes(knows ? our_password : "guess"));
    out.fingerprint();
    proved_ = proved_ || knows;
    receive(out.bytes(), in.u8());
  }
  void response(ByteReader& in, bool knows, std::uint8_t detail) {
    stun::Writer out((detail & 1) != 0 ? stun::Class::error : stun::Class::success, asked_);
    if ((detail & 1) != 0) out.error((detail & 2) != 0 ? 487 : 400, "no");
    if ((detail & 4) != 0) out.xor_mapped_address(some_place(detail));
    out.integrity(as_bytes(knows ? their_password : "guess"));
    out.fingerprint();
    proved_ = proved_ || knows;
    receive(out.bytes(), in.u8());
  }

  bool lite_, mux_ = false, proved_ = false;
  std::uint8_t counter_ = 0;
  unsigned generation_ = 0;
  Time now_{1h};
  stun::TransactionId asked_{};
  IceAgent agent_;
};

}  // namespace

/// The first byte chooses the roles; then steps: time, wild bytes, requests and responses with and without the
/// password, candidates, restarts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  World world(data[0]);
  ByteReader in(Bytes(data + 1, size - 1));
  world.check();
  while (in.remaining() > 1) {
    world.step(in);
    world.check();
  }
  return 0;
}
