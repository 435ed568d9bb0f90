#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <list>

#include "runtime/signalling_loop.h"

namespace ringwall::runtime {

/// Waits for one signal again and again.
struct SignalWatch {
  SignalWatch(boost::asio::io_context& context, int signal, std::function<void()> callback)
      : set(context, signal), work(std::move(callback)) {}
  void wait();
  boost::asio::signal_set set;
  std::function<void()> work;
};

struct SignallingLoop::Impl {
  /// The hint says that one thread runs it. post() and stop() are safe from any thread all the same.
  boost::asio::io_context context{1};
  std::list<SignalWatch> signals;
};

}  // namespace ringwall::runtime
