#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace ringwall::runtime {

/// Bytes on their way in and out, and the read that waits for some.
struct MemoryPipe {
  explicit MemoryPipe(boost::asio::io_context& private_context) : context(private_context) {}

  /// Completes the waiting read if there is something to read.
  void pump() {
    if (waiting && !in.empty()) std::exchange(waiting, nullptr)();
  }

  boost::asio::io_context& context;
  std::string in, out;
  std::move_only_function<void()> waiting;
};

/// An Asio stream that reads and writes a MemoryPipe, so that Beast needs no socket. Nothing blocks: a read waits until
/// pump(), a write is done at once. Copies share the pipe.
class MemoryStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  explicit MemoryStream(MemoryPipe& pipe) : pipe_(&pipe) {}
  executor_type get_executor() const noexcept { return pipe_->context.get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [pipe = pipe_](auto handler, const Buffers& to) {
          pipe->waiting = [pipe, handler = std::move(handler), to]() mutable {
            const std::size_t count = boost::asio::buffer_copy(to, boost::asio::buffer(pipe->in));
            pipe->in.erase(0, count);
            complete(*pipe, std::move(handler), count);
          };
          pipe->pump();
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [pipe = pipe_](auto handler, const Buffers& from) {
          const std::size_t count = boost::asio::buffer_size(from);
          const std::size_t before = pipe->out.size();
          pipe->out.resize(before + count);
          boost::asio::buffer_copy(boost::asio::buffer(pipe->out.data() + before, count), from);
          complete(*pipe, std::move(handler), count);
        },
        token, buffers);
  }

 private:
  template <class Handler>
  static void complete(MemoryPipe& pipe, Handler handler, std::size_t count) {
    boost::asio::post(pipe.context,
                      boost::beast::bind_front_handler(std::move(handler), boost::system::error_code{}, count));
  }

  MemoryPipe* pipe_;
};

// Beast ends a WebSocket by a teardown of what is below (found by argument-dependent lookup). The connection below is
// the caller's to close.
inline void teardown(boost::beast::role_type, MemoryStream&, boost::system::error_code& trouble) {
  trouble = {};
}
inline void beast_close_socket(MemoryStream&) {}
template <class Handler>
void async_teardown(boost::beast::role_type, MemoryStream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler), boost::system::error_code{}));
}

}  // namespace ringwall::runtime
