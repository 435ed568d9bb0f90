#include "connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace ringwall::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSettle = 1500ms;  // until every server has done what follows a handshake

}  // namespace

Connections::Connections(Reactor& reactor, const LoadOptions& options, SSL_CTX* context)
    : reactor_(reactor), options_(options), context_(context), meter_(options.process) {}

Connections::~Connections() {
  SSL_SESSION_free(session_);
}

void Connections::begin() {
  const std::size_t slot = free_.back();
  free_.pop_back();
  if (begun_++ == options_.warm_up) meter_.begin();
  began_[slot] = Clock::now();
  channels_[slot] = Channel::connect(reactor_, *this, options_.server, context_, options_.resume ? session_ : nullptr);
  channels_[slot]->number = slot;
}

void Connections::opened(Channel&) {
  ++open_;
}

void Connections::got_ticket(Channel& channel) {
  if (resting_ || channels_[channel.number] == nullptr) return;
  if (options_.resume) {
    SSL_SESSION_free(session_);
    session_ = SSL_get1_session(channel.ssl());
  }
  finish(channel, nullptr);
}

void Connections::closed(Channel& channel) {
  if (resting_) {
    ++tally_.failures["connections closed"];
  } else if (channels_[channel.number] != nullptr) {
    finish(channel, "the server closed");
  }
}

void Connections::finish(Channel& channel, const char* failure) {
  const std::size_t slot = channel.number;
  const bool counted = ++ended_ > options_.warm_up;
  if (failure != nullptr) {
    ++tally_.failures[failure];
  } else if (counted) {
    ++tally_.good;
    tally_.milliseconds.push_back(std::chrono::duration<float, std::milli>(Clock::now() - began_[slot]).count());
    if (SSL_session_reused(channel.ssl()) == 1) ++tally_.resumed;
  }
  reactor_.bury(std::move(channels_[slot]));
  free_.push_back(slot);
}

Tally Connections::handshakes() {
  channels_.resize(options_.in_flight);
  began_.resize(options_.in_flight);
  for (std::size_t slot = 0; slot < options_.in_flight; ++slot)
    free_.push_back(slot);
  const std::size_t all = options_.warm_up + options_.count;
  tally_.units = options_.count;
  const Time limit = Clock::now() + 60s;
  while (ended_ < all && Clock::now() < limit) {
    while (!free_.empty() && begun_ < all)
      begin();
    reactor_.turn(20);
  }
  meter_.end(tally_);
  if (ended_ < all) tally_.failures["no ticket in time"] += all - ended_;
  return std::move(tally_);
}

Tally Connections::rest() {
  resting_ = true;
  const std::size_t all = options_.warm_up + options_.count;
  tally_.units = options_.count;
  double before = 0;
  const Time limit = Clock::now() + 120s;
  const auto settle = [&] {
    for (const Time until = Clock::now() + kSettle; Clock::now() < until;)
      reactor_.turn(20);
  };
  while (channels_.size() < all && Clock::now() < limit) {
    if (channels_.size() == options_.warm_up && open_ == channels_.size()) {
      settle();
      before = tree_memory_kb(options_.process);
      meter_.begin();
    }
    const bool paused = channels_.size() == options_.warm_up && !meter_.running();
    if (!paused && channels_.size() < open_ + options_.in_flight) {
      channels_.push_back(Channel::connect(reactor_, *this, options_.server, context_));
      channels_.back()->number = channels_.size() - 1;
    } else {
      reactor_.turn(10);
    }
  }
  while (open_ < all && Clock::now() < limit)
    reactor_.turn(10);
  settle();
  meter_.end(tally_);
  tally_.good = open_ - options_.warm_up;
  tally_.kb = (tree_memory_kb(options_.process) - before) / static_cast<double>(std::max<std::size_t>(tally_.good, 1));
  return std::move(tally_);
}

}  // namespace ringwall::bench
