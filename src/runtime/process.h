#pragma once

#include <functional>

#include "runtime/signalling_loop.h"

namespace ringwall::runtime {

/// What the process does when the operator speaks to it by signal.
struct ProcessSignals {
  std::function<void()> terminate;  ///< SIGTERM: drain, then stop
  std::function<void()> reload;     ///< SIGHUP
  std::function<void()> interrupt;  ///< SIGINT; empty: as terminate
};

/// Callbacks run on the loop, once per signal received. SIGPIPE is ignored: a lost peer is an error value of its write.
void handle_signals(SignallingLoop& loop, ProcessSignals signals);

}  // namespace ringwall::runtime
