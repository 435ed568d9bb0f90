#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "runtime/signalling_loop.h"

namespace ringwall::runtime {

using Task = boost::asio::awaitable<void>;

/// Starts a coroutine on the loop: the only place that calls co_spawn, since a detached coroutine swallows its
/// exceptions. An exception that leaves `task` is a bug: it is logged under `name`, then the process aborts; ending by
/// cancellation is no bug. Destroying the loop destroys what still waits.
void spawn(SignallingLoop& loop, std::string name, Task task);

}  // namespace ringwall::runtime
