#include "runtime/process.h"

#include <csignal>

#include "base/log.h"

namespace ringwall::runtime {

void handle_signals(SignallingLoop& loop, ProcessSignals signals) {
  const auto handle = [&loop](int number, const char* name, std::function<void()> work) {
    if (!work) return;
    loop.on_signal(number, [name, work = std::move(work)] {
      log::info("process", "received {}", name);
      work();
    });
  };
  handle(SIGINT, "SIGINT", signals.interrupt ? std::move(signals.interrupt) : signals.terminate);
  handle(SIGTERM, "SIGTERM", std::move(signals.terminate));
  handle(SIGHUP, "SIGHUP", std::move(signals.reload));
}

}  // namespace ringwall::runtime
