#include "call/phone.h"

#include <map>

#include "base/log.h"
#include "call/element.h"
#include "crypto/random.h"

namespace ringwall::call {
namespace {

std::string in_words(int status, const std::string& reason, const sip::MessagePtr& message) {
  std::string out = status == 0 ? reason : fmt::format("{} {}", status, reason);
  if (message)
    if (const auto warning = message->header(sip::HeaderName::warning); !warning.empty())
      out += fmt::format(": {}", warning);
  return out;
}

}  // namespace

/// The phone's side of its one call.
class Phone::Leg final : public LegOwner {
 public:
  explicit Leg(Phone& phone) : phone_(phone) {}

  void on(const sip::Progress& progress) override {
    phone_.state_ = State::ringing_out;
    const std::string_view early = sdp_of(*progress.message);
    if (early.empty() || !phone_.audio_->early_answered(early)) return;
    if (progress.message->has(sip::HeaderName::rseq)) early_[std::string(progress.message->to().tag)] = early;
  }

  void on(const sip::Answered& answered) override {
    auto& endpoint = phone_.agent_->endpoint();
    endpoint.ack(answered.leg, {}, phone_.agent_->now());
    if (phone_.state_ == State::talking) return renewed(sdp_of(*answered.message));
    std::string_view answer = sdp_of(*answered.message);
    if (const auto given = early_.find(std::string(answered.message->to().tag));
        answer.empty() && given != early_.end())
      answer = given->second;
    if (const auto applied = phone_.audio_->answered(answer); !applied) {
      phone_.failure_ = applied.error().text();
      phone_.hang_up();
      return;
    }
    phone_.interaction_ = interaction_of(*answered.message);
    phone_.state_ = State::talking;
    note_flow(answered.leg);
  }

  void on(const sip::Refused& refused) override {
    if (refused.reinvite) {
      phone_.renewing_ = false;
      if (phone_.audio_) phone_.audio_->offer_refused();
      return;
    }
    phone_.last_status_ = refused.status;
    phone_.failure_ = in_words(refused.status, refused.reason, refused.message);
    phone_.state_ = State::over;
  }

  void on(const sip::Reinvited& reinvited) override {
    auto& endpoint = phone_.agent_->endpoint();
    const std::string_view offer = sdp_of(*reinvited.message);
    if (offer.empty()) {
      phone_.awaiting_answer_ = true;
      endpoint.accept(reinvited.leg, sip::sdp_body(phone_.audio_->offer()), phone_.agent_->now());
      return;
    }
    auto answer = phone_.audio_->answer(offer);
    if (answer)
      endpoint.accept(reinvited.leg, sip::sdp_body(std::move(*answer)), phone_.agent_->now());
    else
      phone_.agent_->reject_offer(reinvited.leg, answer.error());
  }

  void on(const sip::Acked& acked) override {
    if (phone_.awaiting_answer_) {
      phone_.awaiting_answer_ = false;
      if (const auto applied = phone_.audio_->answered(sdp_of(*acked.message)); !applied) {
        phone_.failure_ = applied.error().text();
        phone_.hang_up();
        return;
      }
    }
    phone_.state_ = State::talking;
    note_flow(acked.leg);
  }

  void on(const sip::Ended& ended) override {
    if (phone_.state_ != State::talking) phone_.failure_ = ended.reason;
    phone_.state_ = State::over;
  }

  void on(const sip::IncomingRequest& request) override {
    if (request.message->method() == sip::Method::update) {
      auto answer = phone_.audio_ ? phone_.audio_->answer(sdp_of(*request.message)) : Result<std::string>(fail("idle"));
      if (!answer) return phone_.agent_->reject_offer(request.id, answer.error());
      sip::Answer response{.body = sip::sdp_body(std::move(*answer))};
      return phone_.agent_->endpoint().respond(request.id, std::move(response), phone_.agent_->now());
    }
    phone_.agent_->endpoint().respond(request.id, {.status = 200}, phone_.agent_->now());
  }
  void hang_up(std::string_view) override { phone_.hang_up(); }
  void describe(std::vector<LegView>& out) const override {
    LegView view;
    view.element = phone_.options_.name;
    view.leg = phone_.leg_;
    view.interaction = phone_.interaction_;
    view.flow = phone_.flow_;
    view.media = phone_.audio_ ? phone_.audio_->leg() : media::LegId{};
    out.push_back(view);
  }

 private:
  /// The answer to our re-INVITE with fresh keys.
  void renewed(std::string_view answer) {
    if (!std::exchange(phone_.renewing_, false) || !phone_.audio_ || phone_.audio_->answered(answer)) return;
    phone_.failure_ = "the answer with fresh keys cannot be used";
    phone_.hang_up();
  }
  void note_flow(sip::LegId leg) {
    if (const auto view = phone_.agent_->endpoint().view(leg)) phone_.flow_ = view->flow;
  }
  Phone& phone_;
  std::map<std::string, std::string, std::less<>> early_;  ///< answers in reliable responses, by To tag
};

Result<std::unique_ptr<Phone>> Phone::create(runtime::SignallingLoop& loop, runtime::MediaEngine& media,
                                             PhoneOptions options) {
  std::unique_ptr<Phone> phone(new Phone(loop, media, std::move(options)));
  const PhoneOptions& given = phone->options_;
  runtime::SipHostOptions host;
  host.name = given.name;
  host.host = given.address;
  host.address = given.address;
  host.tls_port = given.tls_port;
  host.listen_tls = given.listen && given.waiver.empty();
  host.identity = given.identity;
  host.tls_minimum = given.tls_minimum;
  host.debug_key_log = given.debug_key_log;
  host.allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE";
  if (given.waiver.empty())
    host.peers = {{"server", {given.server_name}, given.anchors, given.tls_minimum}};
  else
    host.clear_listeners = {{sip::Transport::udp, given.tls_port, given.waiver}};
  auto* self = phone.get();
  UserAgent::Handlers handlers;
  handlers.invite = [self](const sip::IncomingInvite& invite) { self->incoming(invite); };
  handlers.completed = [self](const sip::Completed& completed) { self->completed(completed); };
  TRY(phone->agent_, UserAgent::create(loop, std::move(host), std::move(handlers)));
  return phone;
}

Phone::Phone(runtime::SignallingLoop& loop, runtime::MediaEngine& media, PhoneOptions options)
    : loop_(loop), media_(media), options_(std::move(options)) {}

Phone::~Phone() = default;

sip::Route Phone::route() const {
  return {.transport = options_.waiver.empty() ? sip::Transport::tls : sip::Transport::udp,
          .address = options_.server,
          .peer = "server"};
}

void Phone::register_line(std::uint32_t expires) {
  asked_expires_ = expires;
  failure_.clear();
  if (registration_call_id_.empty())
    registration_call_id_ = fmt::format("{:016x}@{}", crypto::random_u64(), options_.address);
  sip::Outgoing out;
  out.route = route();
  out.request_uri = "sip:" + options_.domain;
  out.from = out.to = fmt::format("<sip:{}@{}>", options_.user, options_.domain);
  out.call_id = registration_call_id_;
  const NetAddress local = agent_->host().local(sip::Transport::tls);
  const std::uint16_t port = local.port ? local.port : std::uint16_t{5061};
  out.headers = {{"Contact", fmt::format("<sip:{}@{};transport=tls>;expires={}", options_.user,
                                         NetAddress{options_.address, port}.text(), expires)},
                 {"Expires", std::to_string(expires)}};
  registering_ = agent_->endpoint().request(sip::Method::register_, std::move(out), loop_.now());
}

void Phone::completed(const sip::Completed& completed) {
  if (completed.id != registering_) return;
  last_status_ = completed.status;
  registered_ = completed.status == 200 && asked_expires_ > 0;
  if (completed.status != 200) failure_ = in_words(completed.status, completed.reason, completed.message);
}

Result<> Phone::open_audio() {
  AudioLegOptions audio;
  audio.ip = options_.address;
  audio.port_low = options_.port_low;
  audio.port_high = options_.port_high;
  audio.waiver = options_.waiver;
  audio.key_exchanges = options_.key_exchanges;
  audio.codecs = options_.codecs;
  audio.ice = options_.ice;
  if (options_.waiver.empty()) audio.suites = options_.suites;
  audio_.reset();
  TRY(audio_, AudioLeg::open(media_, std::move(audio)));
  renewing_ = false;
  audio_->when_keys_run_out([this] { renew_keys(); });
  audio_->when_failed([this](const Error& why) {
    failure_ = why.what;
    agent_->endpoint().hang_up(leg_, loop_.now(), no_audio_reason(why));
    agent_->disown(leg_);
    audio_.reset();
    state_ = State::over;
  });
  return {};
}

/// A re-INVITE with fresh keys, before the present ones have protected all that they may (RFC 3711 section 9.2).
void Phone::renew_keys() {
  if (state_ != State::talking || awaiting_answer_ || std::exchange(renewing_, true)) return;
  agent_->endpoint().reinvite(leg_, sip::sdp_body(audio_->offer()), loop_.now());
}

void Phone::call(const std::string& number) {
  failure_.clear();
  if (const auto opened = open_audio(); !opened) {
    failure_ = opened.error().text();
    state_ = State::over;
    return;
  }
  sip::Outgoing out;
  out.route = route();
  const std::string host = options_.server_name.empty() ? options_.server.ip : options_.server_name;
  out.request_uri = fmt::format("sip:{}@{}", sip::escape_user(number), host);
  out.from = fmt::format("<sip:{}@{}>", options_.user, options_.domain);
  out.to = "<" + out.request_uri + ">";
  out.body = sip::sdp_body(audio_->offer());
  state_ = State::calling;
  leg_ = agent_->endpoint().invite(std::move(out), loop_.now());
  agent_->own(leg_, std::make_shared<Leg>(*this));
}

void Phone::incoming(const sip::IncomingInvite& invite) {
  auto& endpoint = agent_->endpoint();
  if (state_ != State::idle && state_ != State::over) {
    endpoint.reject(invite.leg, {.status = 486}, loop_.now());
    return;
  }
  leg_ = invite.leg;
  interaction_ = interaction_of(*invite.message);
  waiting_offer_ = sdp_of(*invite.message);
  flow_ = invite.flow.id;
  state_ = State::incoming;
  agent_->own(leg_, std::make_shared<Leg>(*this));
  endpoint.provisional(leg_, 180, {}, loop_.now());
}

Result<> Phone::answer() {
  if (state_ != State::incoming) return fail("no call is waiting");
  auto& endpoint = agent_->endpoint();
  TRY_VOID(open_audio());
  std::string body;
  if (waiting_offer_.empty()) {
    awaiting_answer_ = true;
    body = audio_->offer();
  } else {
    auto answer = audio_->answer(waiting_offer_);
    if (!answer) {
      agent_->reject_offer(leg_, answer.error());
      state_ = State::over;
      return std::unexpected(std::move(answer.error()));
    }
    body = std::move(*answer);
  }
  state_ = State::answering;
  endpoint.accept(leg_, sip::sdp_body(std::move(body)), loop_.now());
  return {};
}

void Phone::hang_up() {
  if (state_ == State::idle || state_ == State::over) return;
  agent_->endpoint().hang_up(leg_, loop_.now());
  agent_->disown(leg_);
  audio_.reset();
  state_ = State::over;
}

std::optional<runtime::ConnectionView> Phone::connection() const {
  const auto view = agent_->host().view();
  for (const auto& connection : view.connections)
    if (connection.flow == flow_) return connection;
  if (view.connections.empty()) return std::nullopt;
  return view.connections.front();
}

void Phone::media_event(const media::Event& event) {
  if (const auto* digit = std::get_if<media::Digit>(&event); digit && audio_ && digit->leg == audio_->leg())
    digits_ += digit->digit;
}

}  // namespace ringwall::call
