#include "runtime/stream_listener.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "runtime/signalling_loop_impl.h"
#include "runtime/socket_address.h"
#include "runtime/spawn.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);

Task accept_all(std::shared_ptr<StreamListener> listener, asio::ip::tcp::acceptor& acceptor,
                StreamListener::Accepted& accepted) {
  while (acceptor.is_open()) {
    asio::ip::tcp::endpoint from;
    auto [trouble, socket] = co_await acceptor.async_accept(from, kAwaitTuple);
    if (!acceptor.is_open()) co_return;
    if (!trouble) {
      accepted(*listener, std::move(socket), to_net_address(from));
    } else if (trouble != asio::error::connection_aborted) {
      // Out of descriptors or memory: accepting at once again would spin.
      log::error("tls", "the listener {} cannot accept: {}", listener->local().text(), trouble.message());
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwaitTuple);
    }
  }
}

}  // namespace

StreamListener::StreamListener(SignallingLoop& loop, sip::Transport transport, asio::ip::tcp::acceptor acceptor,
                               NetAddress local, std::string waiver)
    : loop_(loop),
      transport_(transport),
      acceptor_(std::move(acceptor)),
      local_(std::move(local)),
      waiver_(std::move(waiver)) {}

Result<std::shared_ptr<StreamListener>> StreamListener::open(SignallingLoop& loop, sip::Transport transport,
                                                             const NetAddress& address, std::string waiver) {
  TRY(const auto endpoint, to_endpoint<asio::ip::tcp::endpoint>(address));
  asio::ip::tcp::acceptor acceptor(loop.impl().context);
  boost::system::error_code trouble;
  acceptor.open(endpoint.protocol(), trouble);
  if (!trouble) acceptor.set_option(asio::socket_base::reuse_address(true), trouble);
  // "::" is IPv6 alone: an IPv4 listener beside it has its own address, and sources one way to be written.
  if (!trouble && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), trouble);
  if (!trouble) acceptor.bind(endpoint, trouble);
  if (!trouble) acceptor.listen(asio::socket_base::max_listen_connections, trouble);
  if (trouble)
    return fail("no listener there: " + trouble.message(), address.text(),
                "check that the address is this machine's and no other program has the port");
  const NetAddress local = to_net_address(acceptor.local_endpoint());
  return std::shared_ptr<StreamListener>(
      new StreamListener(loop, transport, std::move(acceptor), local, std::move(waiver)));
}

void StreamListener::start(Accepted accepted) {
  accepted_ = std::move(accepted);
  spawn(loop_, "accept " + local_.text(), accept_all(shared_from_this(), acceptor_, accepted_));
}

void StreamListener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace ringwall::runtime
