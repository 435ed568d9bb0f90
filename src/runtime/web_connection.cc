#include "base/text.h"
#include "runtime/stream_connection.h"

// The part of a connection that is a WebSocket (RFC 6455, RFC 7118): what it answers by itself, its messages, its end.

namespace ringwall::runtime {

/// Queues what the WebSocket answers by itself (the upgrade, pongs, a close frame). False if it is over.
bool StreamConnection::web_socket_answered() {
  if (auto answer = web_->take_output(); !answer.empty() && !push({}, std::move(answer))) {
    finish(CloseCause::broken, {"the peer asks for more pongs than it reads", flow_.remote.text(), "look at the peer"});
    return false;
  }
  if (state_ == ConnectionState::handshaking && web_->state() == WebSocket::State::open) establish();
  return true;
}

/// Hands out the messages; false if the WebSocket is over.
bool StreamConnection::take_web_messages() {
  while (state_ == ConnectionState::established && owner_ != nullptr && !failing_) {
    const auto message = web_->poll_message();
    if (!message) break;
    take_web_message(*message);
  }
  return web_->state() != WebSocket::State::closed || end_web_socket();
}

void StreamConnection::take_web_message(std::string_view message) {
  if (trim(message).empty()) {
    // The keep-alive of RFC 5626 section 4.4.1, which clients send here too though RFC 7118 section 6 has pings for it.
    if (message == "\r\n\r\n") enqueue({}, "\r\n");
    return;
  }
  ++messages_in_;
  owner_->message_received(*this, message);
}

/// The peer closed it, or it was closed for what the peer sent. Always false: nothing more is read.
bool StreamConnection::end_web_socket() {
  if (failing_) return false;  // this side closes it
  flush();
  const Error& why = web_->why();
  if (state_ == ConnectionState::handshaking)
    refuse({HandshakeReason::web_socket, why.text()});
  else if (why.what.empty())
    finish(CloseCause::remote, {"the peer closed the WebSocket", flow_.remote.text(), {}});
  else
    finish(CloseCause::broken, {why.what, flow_.remote.text(), why.mend});
  return false;
}

HandshakeVerdict StreamConnection::upgrade_timed_out() const {
  return {HandshakeReason::timeout,
          "the peer (client) did not ask for a WebSocket within the time limit: it may not speak WebSocket"};
}

}  // namespace ringwall::runtime
