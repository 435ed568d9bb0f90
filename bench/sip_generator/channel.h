#pragma once

#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.h"

namespace ringwall::bench {

/// What the generator's TLS connections show and trust.
struct Credentials {
  std::string certificate, key, anchors;  ///< PEM files; without a certificate none is shown
};
using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
/// TLS 1.3 with TLS_AES_256_GCM_SHA384 and X25519 only, so that every server is asked for the same work. Exits with a
/// message if a file cannot be used.
SslContext make_context(bool server, const Credentials& credentials);

/// Something with a descriptor that the reactor watches.
class Pollable {
 public:
  explicit Pollable(int fd) : fd_(fd) {}
  virtual ~Pollable();
  Pollable(const Pollable&) = delete;
  virtual void ready() = 0;  ///< there may be something to read, write or accept
  [[nodiscard]] int fd() const { return fd_; }

 protected:
  int fd_;
};

/// One epoll, edge-triggered: who is ready reads and writes until it would block.
class Reactor {
 public:
  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  void watch(Pollable& one);
  void turn(int milliseconds);
  /// Deletes it once the present turn is over.
  void bury(std::unique_ptr<Pollable> one) { buried_.push_back(std::move(one)); }

 private:
  int epoll_;
  std::vector<std::unique_ptr<Pollable>> buried_;
};

class Channel;

/// Whoever uses channels.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;
  virtual void opened(Channel&) {}  ///< connected, and the handshake has ended
  virtual void received(Channel& channel, std::string_view message) = 0;
  virtual void closed(Channel& channel) = 0;  ///< by the peer, or by an error
  virtual void got_ticket(Channel&) {}        ///< so the server's side of the handshake has ended too
};

/// One UDP socket or one TCP or TLS connection; hands out whole SIP messages.
class Channel : public Pollable {
 public:
  /// Connects to `to`. Without a context: TCP, or UDP (a connected socket, bound to `from` where that names a port).
  static std::unique_ptr<Channel> connect(Reactor& reactor, ChannelOwner& owner, const NetAddress& to, SSL_CTX* context,
                                          SSL_SESSION* session = nullptr);
  static std::unique_ptr<Channel> datagrams(Reactor& reactor, ChannelOwner& owner, const NetAddress& from,
                                            const NetAddress& to);
  Channel(ChannelOwner& owner, int fd, SSL* ssl, bool is_udp);
  ~Channel() override;

  void send(std::string_view message);
  void ready() override;
  void close();  ///< in order; the owner is not told
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  [[nodiscard]] const NetAddress& local() const { return local_; }
  [[nodiscard]] SSL* ssl() const { return ssl_; }
  void note_ticket() { owner_->got_ticket(*this); }

  std::size_t number = 0;  ///< the owner's

 private:
  enum class State : std::uint8_t { connecting, open, closed };
  void step_open();
  void read_all();
  bool take_messages();
  void write_out();
  long write_some(std::string_view bytes);
  void fail();

  ChannelOwner* owner_;
  SSL* ssl_;
  bool is_udp_;
  State state_ = State::connecting;
  NetAddress local_;
  std::string in_, out_;
};

/// Accepts connections; the channels are owned here.
class Acceptor : public Pollable {
 public:
  Acceptor(Reactor& reactor, ChannelOwner& owner, const NetAddress& at, SSL_CTX* context);
  void ready() override;

 private:
  Reactor& reactor_;
  ChannelOwner& owner_;
  SSL_CTX* context_;
  std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace ringwall::bench
