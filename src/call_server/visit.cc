#include "call_server/visit.h"

#include <algorithm>

#include "base/log.h"
#include "call/form_urlencoded.h"
#include "call/identity.h"
#include "sdp/session_description.h"

namespace ringwall::call_server {
namespace {

bool puts_on_hold(std::string_view offer) {
  const auto parsed = sdp::parse(offer);
  return parsed && !parsed->media.empty() && parsed->media.front().direction != sdp::Direction::sendrecv;
}

}  // namespace

void Visit::start(CallServer& server, const sip::IncomingInvite& invite, const std::string& peer,
                  const policy::Service& service) {
  const std::shared_ptr<Visit> self(new Visit(server, invite, peer, service));
  const auto browser =
      self->invite_voice_browser(service.script, sip::sdp_body(std::string(call::sdp_of(*invite.message))));
  if (!browser) {
    server.agent().refuse(invite, {.status = 503, .warning = browser.error().what, .mend = browser.error().mend});
    return;
  }
  self->browser_ = *browser;
  server.agent().own(self->caller_, self);
  server.agent().own(self->browser_, self);
  server.add(self->interaction_, self);
  log::info(server.name(), "visit {}: {} is greeted by {}", self->interaction_, self->number_, service.script);
  server.record(self->interaction_, "greeting", {{"number", self->number_}, {"script", service.script}});
}

Visit::Visit(CallServer& server, const sip::IncomingInvite& invite, const std::string& peer,
             const policy::Service& service)
    : server_(server),
      interaction_(call::interaction_of(*invite.message)),
      number_(call::user_or_uri(invite.message->request_uri())),
      from_(call::user_or_uri(invite.message->from().uri)),
      onward_(call::onward_headers(*invite.message, interaction_)),
      identity_(call::caller_identity(*invite.message, {.from = true, .to = true}, server.self().host)),
      peer_(peer),
      service_(service),
      caller_(invite.leg),
      talk_(server.agent()),
      began_(wall_now()) {}

void Visit::on(const sip::Progress& progress) {
  if (progress.leg == agent_leg_) agent_tries_.progressed();
  if (progress.leg == browser_) browser_tries_.progressed();
}

void Visit::on(const sip::Answered& answered) {
  auto& endpoint = server_.agent().endpoint();
  if (answered.leg == agent_leg_) agent_tries_.answered(answered.message->status(), server_.now());
  if (answered.leg == browser_) browser_tries_.answered(answered.message->status(), server_.now());
  if (answered.leg != caller_) call::pass_session_id(endpoint, *answered.message, caller_);
  if (answered.leg == caller_) {
    if (connecting_ && connecting_->sent)
      connected(answered);
    else
      talk_.on(answered);
  } else if (stage_ == Stage::talking) {
    talk_.on(answered);
  } else if (answered.leg == browser_ && !accepted_) {
    accepted_ = true;
    connected_ = wall_now();
    endpoint.accept(caller_, sip::sdp_body(std::string(call::sdp_of(*answered.message))), server_.now());
    endpoint.ack(browser_, {}, server_.now());
  } else {
    connect(answered.leg, std::string(call::sdp_of(*answered.message)));
  }
}

void Visit::connect(sip::LegId party, std::string offer) {
  Connecting connecting{party, std::move(offer)};
  if (connecting_) {
    next_ = std::move(connecting);
    return;
  }
  connecting_ = std::move(connecting);
  send_connect();
}

void Visit::send_connect() {
  connecting_->sent = true;
  server_.agent().endpoint().reinvite(caller_, sip::sdp_body(connecting_->offer), server_.now());
}

void Visit::connected(const sip::Answered& caller_answered) {
  const sip::LegId party = connecting_->party;
  connecting_.reset();
  auto& endpoint = server_.agent().endpoint();
  endpoint.ack(caller_, {}, server_.now());
  const bool party_lives = party == browser_ || party == agent_leg_;
  if (party_lives) {
    endpoint.ack(party, sip::sdp_body(std::string(call::sdp_of(*caller_answered.message))), server_.now());
    party_connected(party);
  }
  if (next_ && !connecting_) {
    connecting_ = std::exchange(next_, std::nullopt);
    send_connect();
  } else if (!party_lives && stage_ == Stage::queueing) {  // the caller's audio now leads nowhere: back to the music
    release(browser_);
    enter_queue();
  }
}

void Visit::party_connected(sip::LegId party) {
  if (party != agent_leg_) return;
  ring_timer_.cancel();
  if (const auto answered = server_.router().agent_answered(interaction_, server_.now()); !answered) {
    log::warning(server_.name(), "visit {}: agent {} answered too late: {}", interaction_, agent_,
                 answered.error().text());
    release(agent_leg_);
    release(browser_);
    enter_queue();
    return;
  }
  stage_ = Stage::talking;
  talk_.join(caller_, agent_leg_);
  release(browser_);
  log::info(server_.name(), "visit {}: agent {} answered", interaction_, agent_);
  server_.pump();
}

void Visit::greeting_ended(const sip::Ended& ended) {
  browser_ = {};
  // What the caller entered is the caller's: that something was entered is all the log and the record say.
  const auto results = ended.message ? call::parse_form_urlencoded(ended.message->body()) : call::NamedValues{};
  const bool entered = std::ranges::any_of(results, [](const auto& result) { return !result.second.empty(); });
  log::info(server_.name(), "visit {}: the greeting is over, {}", interaction_,
            entered ? "the caller chose" : "nothing was entered");
  server_.record(interaction_, "greeted", {{"entered", entered ? "yes" : "no"}});
  stage_ = Stage::queueing;
  enter_queue();
}

void Visit::enter_queue() {
  if (!queued_) {
    if (const auto queued = server_.router().enqueue(interaction_, service_.skill_group, server_.now()); !queued) {
      log::error(server_.name(), "visit {}: {}", interaction_, queued.error().text());
      hang_up(queued.error().what);
      return;
    }
    queued_ = true;
  }
  const auto browser = invite_voice_browser(service_.queue_script, {});
  if (browser) {
    browser_ = *browser;
    server_.agent().own(browser_, shared_from_this());
  } else {
    log::warning(server_.name(), "visit {} waits without music: {}", interaction_, browser.error().text());
  }
  server_.pump();
}

void Visit::deliver(const router::Reserve& reserve) {
  const auto* manager = server_.site().element_of_kind(policy::ElementKind::call_manager);
  agent_ = reserve.agent;
  line_ = reserve.line;
  if (!manager) {
    agent_leg_failed("the site has no call manager", false);
    return;
  }
  call::add_history(identity_, number_, line_, server_.self().host);
  agent_tries_ = server_.ways_out().tries(manager->name);
  if (!try_call_manager()) {
    agent_leg_failed("the call manager cannot be reached", false);
    return;
  }
  ring_timer_ = server_.context().loop.after(reserve.ring_time, [this] { agent_leg_failed("no answer", true); });
  log::info(server_.name(), "visit {}: ringing agent {} at {}", interaction_, agent_, line_);
}

void Visit::stop_ringing(std::string_view reason) {
  if (stage_ == Stage::talking || !agent_leg_) return;
  log::info(server_.name(), "visit {}: agent {} is no longer rung: {}", interaction_, agent_, reason);
  ring_timer_.cancel();
  release(agent_leg_);
}

void Visit::agent_leg_failed(std::string_view why, bool no_answer) {
  log::warning(server_.name(), "visit {}: agent {} was not reached: {}", interaction_, agent_, why);
  ring_timer_.cancel();
  release(agent_leg_);
  if (no_answer) call::end_history(identity_, line_, 408);
  if (no_answer)
    server_.router().ring_no_answer(interaction_, server_.now());
  else
    server_.router().delivery_failed(interaction_, why, server_.now());
  server_.pump();
}

void Visit::on(const sip::Refused& refused) {
  const std::string why = fmt::format("{} {}", refused.status, refused.reason);
  if (refused.leg == caller_) {
    if (!connecting_ || !connecting_->sent) {
      talk_.on_reinvite_refused(refused);
      return;
    }
    const sip::LegId party = connecting_->party;
    connecting_.reset();
    log::warning(server_.name(), "visit {}: the edge refused the new party: {}", interaction_, why);
    if (party == agent_leg_)
      agent_leg_failed("the edge refused the phone's offer: " + why, false);
    else if (party == browser_)
      release(browser_);
  } else if (refused.reinvite) {
    talk_.on_reinvite_refused(refused);
  } else if (tries_next(refused)) {
    log::warning(server_.name(), "visit {}: {}: the next member of the group is tried", interaction_, why);
  } else if (refused.leg == agent_leg_) {
    agent_leg_ = {};
    call::end_history(identity_, line_, refused.status);
    agent_leg_failed(why, false);
  } else if (refused.leg == browser_ && !accepted_) {
    browser_ = {};
    sip::Answer answer{.status = refused.status, .reason = refused.reason};
    if (refused.message)
      if (const auto warning = refused.message->header(sip::HeaderName::warning); !warning.empty())
        answer.headers.emplace_back("Warning", warning);
    server_.agent().endpoint().reject(caller_, std::move(answer), server_.now());
    finish("the voice browser refused the call: " + why);
  } else if (refused.leg == browser_) {
    browser_ = {};
    log::warning(server_.name(), "visit {} waits without music: {}", interaction_, why);
  }
}

void Visit::on(const sip::Reinvited& reinvited) {
  if (stage_ != Stage::talking) {
    server_.agent().endpoint().reject(reinvited.leg, {.status = 491}, server_.now());
    return;
  }
  if (reinvited.leg == agent_leg_) {
    if (puts_on_hold(call::sdp_of(*reinvited.message)))
      server_.router().call_held(interaction_, server_.now());
    else
      server_.router().call_resumed(interaction_, server_.now());
    server_.pump();
  }
  talk_.on(reinvited);
}

void Visit::on(const sip::Acked& acked) {
  if (stage_ == Stage::talking) talk_.on(acked);
}

void Visit::on(const sip::Ended& ended) {
  if (stage_ == Stage::over) return;
  if (ended.leg == caller_) {
    caller_ = {};
    finish(ended.message ? "the caller hung up" : "the caller: " + ended.reason);
  } else if (ended.leg == agent_leg_) {
    agent_leg_ = {};
    if (stage_ == Stage::talking)
      finish(ended.message ? "the agent hung up" : "the agent: " + ended.reason);
    else
      agent_leg_failed(ended.reason, false);
  } else if (ended.leg == browser_ && stage_ == Stage::greeting) {
    greeting_ended(ended);
  } else if (ended.leg == browser_) {
    browser_ = {};
    log::warning(server_.name(), "visit {} waits without music: the queue script ended", interaction_);
  }
}

void Visit::on(const sip::IncomingRequest& request) {
  if (stage_ == Stage::talking) return talk_.on(request);
  // An offer that comes while the caller is being connected crosses ours.
  const int status = request.message->method() == sip::Method::update ? 491 : 200;
  server_.agent().endpoint().respond(request.id, {.status = status}, server_.now());
}

void Visit::hang_up(std::string_view reason) {
  if (stage_ != Stage::over) finish(reason);
}

void Visit::release(sip::LegId& leg) {
  if (!leg) return;
  const sip::LegId gone = std::exchange(leg, {});
  if (connecting_ && connecting_->party == gone && !connecting_->sent) connecting_.reset();
  if (next_ && next_->party == gone) next_.reset();
  server_.agent().endpoint().hang_up(gone, server_.now());
  server_.agent().disown(gone);
}

void Visit::leave_router() {
  if (!std::exchange(queued_, false)) return;
  if (stage_ == Stage::talking)
    server_.router().call_ended(interaction_, server_.now());
  else
    server_.router().caller_left(interaction_, server_.now());
}

void Visit::finish(std::string_view reason) {
  const auto keep = shared_from_this();
  leave_router();
  stage_ = Stage::over;
  ring_timer_.cancel();
  release(agent_leg_);
  release(browser_);
  release(caller_);
  log::info(server_.name(), "visit {} over: {}", interaction_, reason);
  server_.record(interaction_, "over", {{"reason", std::string(reason)}});
  server_.remove(interaction_);
  server_.pump();
}

call::LegView Visit::view(sip::LegId leg, const std::string& peer, bool outgoing) const {
  call::LegView out = server_.agent().view(leg);
  out.interaction = interaction_;
  out.outgoing = outgoing;
  out.peer = peer;
  out.number = number_;
  out.began = began_;
  out.connected = connected_;
  out.secure = true;
  return out;
}

void Visit::describe(std::vector<call::LegView>& out) const {
  if (caller_) out.push_back(view(caller_, peer_, false));
  if (browser_) {
    out.push_back(view(browser_, "voice-browser", true));
    out.back().state += ", script " + script_;
  }
  if (agent_leg_) {
    out.push_back(view(agent_leg_, "call-manager", true));
    out.back().number = line_;
    out.back().state += ", agent " + agent_;
  }
}

}  // namespace ringwall::call_server
