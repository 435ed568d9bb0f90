#include "registrations.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace ringwall::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 10s;

}  // namespace

Registrations::Registrations(Reactor& reactor, const LoadOptions& options, SSL_CTX* context)
    : reactor_(reactor),
      options_(options),
      context_(context),
      run_(fmt::format("{:x}{:x}", ::getpid(), Clock::now().time_since_epoch().count() & 0xffffff)) {}

void Registrations::connect() {
  lines_.resize(options_.connections);
  const Time limit = Clock::now() + 60s;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].channel = Channel::connect(reactor_, *this, options_.server, context_);
    lines_[i].channel->number = i;
    while (open_ + options_.in_flight <= i && Clock::now() < limit)
      reactor_.turn(10);
  }
  while (open_ < lines_.size() && Clock::now() < limit)
    reactor_.turn(10);
  if (open_ == lines_.size()) return;
  fmt::print(stderr, "sip_load: only {} of {} connections could be opened\n", open_, lines_.size());
  std::exit(1);
}

void Registrations::send(Line& line, const std::string& authorization) {
  ++line.cseq;
  const std::string local = line.channel->local().text();
  line.channel->send(fmt::format(
      "REGISTER sip:{0} SIP/2.0\r\nVia: SIP/2.0/TLS {1};branch=z9hG4bK{2}r{3}-{4};rport\r\nMax-Forwards: 70\r\n"
      "From: <sip:u{5}@{0}>;tag=f{5}\r\nTo: <sip:u{5}@{0}>\r\nCall-ID: {5}-{2}@{0}\r\nCSeq: {4} REGISTER\r\n"
      "Contact: <sip:u{5}@{1};transport=tls>\r\nExpires: 3600\r\nUser-Agent: phone/1.0\r\n"
      "Supported: replaces, timer\r\n{6}Content-Length: 0\r\n\r\n",
      options_.domain, local, run_, line.channel->number, line.cseq, line.user, authorization));
}

void Registrations::begin(Line& line, std::size_t user, bool counted) {
  line.user = user;
  line.busy = true;
  line.counted = counted;
  line.authorized = false;
  line.began = Clock::now();
  send(line, {});
}

void Registrations::received(Channel& channel, std::string_view message) {
  Line& line = lines_[channel.number];
  const Received response(message);
  if (!line.busy || response.status < 200) return;
  if (response.status == 401 && !line.authorized) {
    line.authorized = true;
    const std::string user = fmt::format("u{}", line.user), uri = "sip:" + options_.domain;
    return send(line, authorization(response.challenge, {user, options_.password, "REGISTER", uri, 1}));
  }
  end(line, response.status == 200 ? "" : fmt::format("REGISTER {}", response.status));
}

void Registrations::end(Line& line, const std::string& failure) {
  line.busy = false;
  ++ended_;
  if (!failure.empty()) ++tally_.failures[failure];
  if (!line.counted || !failure.empty()) return;
  ++tally_.good;
  tally_.milliseconds.push_back(std::chrono::duration<float, std::milli>(Clock::now() - line.began).count());
}

void Registrations::closed(Channel& channel) {
  ++tally_.failures["connections closed"];
  if (lines_[channel.number].busy) end(lines_[channel.number], "its connection closed");
}

/// True if it let any go.
bool Registrations::give_up_late() {
  bool any = false;
  for (Line& line : lines_) {
    if (!line.busy || Clock::now() - line.began < kPatience) continue;
    end(line, "no answer in time");
    any = true;
  }
  return any;
}

Tally Registrations::refresh() {
  connect();
  Meter meter(options_.process);
  const std::size_t all = options_.warm_up + options_.count;
  tally_.units = options_.count;
  const Time first = Clock::now();
  Time next_look = first;
  std::size_t begun = 0;
  for (std::size_t next = 0; ended_ < all;) {
    const double due = std::chrono::duration<double>(Clock::now() - first).count() * options_.rate;
    while (begun < all && static_cast<double>(begun) <= due) {
      Line& line = lines_[next++ % lines_.size()];
      if (line.busy) {  // the phone before is not done: the next one takes its turn
        ++tally_.late;
        break;
      }
      if (begun == options_.warm_up) meter.begin();
      begin(line, line.channel->number, begun++ >= options_.warm_up);
    }
    reactor_.turn(1);
    if (Clock::now() < next_look) continue;
    next_look = Clock::now() + 500ms;
    give_up_late();
  }
  meter.end(tally_);
  return std::move(tally_);
}

Tally Registrations::bind() {
  connect();
  const std::size_t all = options_.warm_up + options_.count;
  tally_.units = options_.count;
  Meter meter(options_.process);
  std::size_t begun = 0;
  double before = 0;
  Time next_look = Clock::now();
  while (ended_ < all) {
    if (begun == options_.warm_up && ended_ == begun && !meter.running()) {
      before = tree_memory_kb(options_.process);
      meter.begin();
    }
    const std::size_t until = meter.running() ? all : options_.warm_up;
    for (Line& line : lines_)
      if (begun < until && !line.busy) begin(line, begun, meter.running()), ++begun;
    reactor_.turn(20);
    if (Clock::now() < next_look) continue;
    next_look = Clock::now() + 500ms;
    give_up_late();
  }
  meter.end(tally_);
  tally_.kb = (tree_memory_kb(options_.process) - before) / static_cast<double>(std::max<std::size_t>(tally_.good, 1));
  return std::move(tally_);
}

}  // namespace ringwall::bench
