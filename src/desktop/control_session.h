#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "desktop/api.h"

namespace ringwall::desktop {

using LocalProtocol = boost::asio::local::stream_protocol;
using LocalStream = boost::beast::basic_stream<LocalProtocol>;

/// Serves the requests of one connection, one after another: read -> serve -> write -> read. Lives on the server's
/// thread; owned by the operation it waits for.
class ControlSession : public std::enable_shared_from_this<ControlSession> {
 public:
  /// Given the request; answers by calling deliver() on the session, on the server's thread.
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Serve = std::function<void(const std::shared_ptr<ControlSession>&, Request)>;

  /// `place` is held as long as the session lives: the server counts its connections by it.
  ControlSession(LocalProtocol::socket socket, std::shared_ptr<const Serve> serve, std::shared_ptr<void> place);

  void start() { read(); }
  /// The answer to the request with this number; late ones (the request timed out) are ignored.
  void deliver(std::uint64_t request, ApiResponse response);
  [[nodiscard]] std::uint64_t current_request() const { return request_number_; }
  /// Ends the connection at once if it is idle, else after the answer that is under way.
  void finish();
  void close();  ///< at once

 private:
  void read();
  void on_read(boost::beast::error_code trouble);
  void refuse(boost::beast::error_code trouble);
  void write(ApiResponse response, bool keep_alive);

  LocalStream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  boost::asio::steady_timer patience_;
  std::shared_ptr<const Serve> serve_;
  std::shared_ptr<void> place_;
  std::uint64_t request_number_ = 0;
  bool waiting_ = false;     ///< for the handler's answer
  bool keep_alive_ = false;  ///< what the request under way asked for
  bool idle_ = true;
  bool finishing_ = false;
};

}  // namespace ringwall::desktop
