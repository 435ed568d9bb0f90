#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::runtime {

/// What a WebSocket listener takes (RFC 6455 section 4.2, RFC 7118 section 4).
struct WebSocketRules {
  std::string path;                  ///< of the request target; empty: any
  std::vector<std::string> origins;  ///< a browser's page must come from one of them; empty: from anywhere
};

/// What all WebSockets of one element share.
class WebSocketEngine {
 public:
  explicit WebSocketEngine(WebSocketRules rules);
  ~WebSocketEngine();
  WebSocketEngine(const WebSocketEngine&) = delete;
  struct Impl;  ///< holds the private io_context on which Beast runs; nothing in it ever waits
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// The server's side of one WebSocket that carries SIP, one message in each (RFC 7118): the HTTP upgrade, frames,
/// fragments, pings, and the closing handshake. Sans-IO: Beast runs over memory; after any call, take_output() and
/// poll_message().
///
///   opening -> open -> closed
class WebSocket {
 public:
  explicit WebSocket(std::shared_ptr<WebSocketEngine> engine);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;

  enum class State : std::uint8_t {
    opening,  ///< waits for the HTTP request
    open,
    closed,  ///< what is to be sent says why to the peer; then the connection ends
  };
  [[nodiscard]] State state() const;
  /// Why it was closed; empty `what`: the peer closed it in order.
  [[nodiscard]] const Error& why() const;

  /// Bytes from the peer, in any pieces.
  void receive(std::string_view bytes);
  /// The next whole message that the peer sent, text or binary, at most limits::websocket_frame_bytes.
  std::optional<std::string> poll_message();
  /// Writes one message: as text if it is UTF-8, else binary. Only while open.
  void send(std::string_view message);
  /// Begins the closing handshake (RFC 6455 section 7): 1001, going away.
  void close();

  /// What is to go to the peer, each byte once.
  [[nodiscard]] std::string take_output();
  /// Whether a message was begun and not ended: for the time limit on slow senders.
  [[nodiscard]] bool within_message() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringwall::runtime
