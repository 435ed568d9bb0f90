#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/net_address.h"
#include "base/result.h"
#include "runtime/signalling_loop.h"
#include "sip/transport/flow.h"

namespace ringwall::runtime {

/// One listening TCP socket, with TLS or (by a waiver) without.
class StreamListener : public std::enable_shared_from_this<StreamListener> {
 public:
  using Accepted = std::function<void(StreamListener&, boost::asio::ip::tcp::socket, const NetAddress& remote)>;
  static Result<std::shared_ptr<StreamListener>> open(SignallingLoop& loop, sip::Transport transport,
                                                      const NetAddress& address, std::string waiver);

  /// Calls `accepted` for each connection, until close().
  void start(Accepted accepted);
  void close();
  [[nodiscard]] sip::Transport transport() const { return transport_; }
  [[nodiscard]] const NetAddress& local() const { return local_; }
  [[nodiscard]] const std::string& waiver() const { return waiver_; }
  [[nodiscard]] bool accepting() const { return acceptor_.is_open(); }

 private:
  StreamListener(SignallingLoop& loop, sip::Transport transport, boost::asio::ip::tcp::acceptor acceptor,
                 NetAddress local, std::string waiver);

  SignallingLoop& loop_;
  sip::Transport transport_;
  boost::asio::ip::tcp::acceptor acceptor_;
  NetAddress local_;
  std::string waiver_;
  Accepted accepted_;
};

}  // namespace ringwall::runtime
