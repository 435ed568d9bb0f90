#include "runtime/spawn.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "base/check.h"
#include "base/log.h"
#include "runtime/signalling_loop_impl.h"

namespace ringwall::runtime {
namespace {

void report(const std::string& name, const std::exception_ptr& trouble) {
  try {
    std::rethrow_exception(trouble);
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) return;
    log::error("runtime", "the coroutine \"{}\" ended by an exception: {}", name, error.what());
  } catch (const std::exception& error) {
    log::error("runtime", "the coroutine \"{}\" ended by an exception: {}", name, error.what());
  } catch (...) {
    log::error("runtime", "the coroutine \"{}\" ended by an exception of an unknown type", name);
  }
  CHECK(!"no exception leaves a spawned coroutine");
}

}  // namespace

void spawn(SignallingLoop& loop, std::string name, Task task) {
  boost::asio::co_spawn(loop.impl().context, std::move(task),
                        [name = std::move(name)](const std::exception_ptr& trouble) {
                          if (trouble) report(name, trouble);
                        });
}

}  // namespace ringwall::runtime
