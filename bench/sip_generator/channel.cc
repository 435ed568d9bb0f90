#include "channel.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "message_text.h"

namespace ringwall::bench {
namespace {

constexpr int kSocketBuffer = 8 << 20;  // of UDP: the generator may be late, a datagram may not be lost for that

[[noreturn]] void stop(const std::string& what) {
  std::fprintf(stderr, "sip_load: %s\n", what.c_str());
  std::exit(1);
}

sockaddr_in socket_address(const NetAddress& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.ip.c_str(), &out.sin_addr) != 1) stop("not an IPv4 address: " + address.ip);
  return out;
}

int open_socket(int type) {
  const int fd = ::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) stop("no more sockets");
  const int on = 1;
  if (type == SOCK_STREAM) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (type == SOCK_DGRAM) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return fd;
}

void bind_to(int fd, const NetAddress& at) {
  const sockaddr_in address = socket_address(at);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) stop("cannot bind " + at.text());
}

bool connect_to(int fd, const NetAddress& to) {
  const sockaddr_in address = socket_address(to);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EINPROGRESS;
}

int channel_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int keep_ticket(SSL* ssl, SSL_SESSION*) {
  if (auto* channel = static_cast<Channel*>(SSL_get_ex_data(ssl, channel_index()))) channel->note_ticket();
  return 0;
}

bool use_certificate(SSL_CTX* context, const Credentials& credentials) {
  return SSL_CTX_use_certificate_chain_file(context, credentials.certificate.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, credentials.key.c_str(), SSL_FILETYPE_PEM) == 1;
}

}  // namespace

SslContext make_context(bool server, const Credentials& credentials) {
  SslContext context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free);
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const bool usable = SSL_CTX_set_ciphersuites(raw, "TLS_AES_256_GCM_SHA384") == 1 &&
                      SSL_CTX_set1_groups_list(raw, "X25519") == 1 &&
                      SSL_CTX_load_verify_locations(raw, credentials.anchors.c_str(), nullptr) == 1 &&
                      (credentials.certificate.empty() || use_certificate(raw, credentials));
  if (!usable) stop("the TLS files cannot be used: " + credentials.certificate);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  if (!server) {
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(raw, keep_ticket);
  }
  return context;
}

Pollable::~Pollable() {
  if (fd_ >= 0) ::close(fd_);
}

Reactor::Reactor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
Reactor::~Reactor() {
  ::close(epoll_);
}

void Reactor::watch(Pollable& one) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
  event.data.ptr = &one;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd(), &event) != 0) stop("epoll_ctl");
}

void Reactor::turn(int milliseconds) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds);
  for (int i = 0; i < count; ++i)
    static_cast<Pollable*>(events[static_cast<std::size_t>(i)].data.ptr)->ready();
  buried_.clear();
}

std::unique_ptr<Channel> Channel::connect(Reactor& reactor, ChannelOwner& owner, const NetAddress& to, SSL_CTX* context,
                                          SSL_SESSION* session) {
  const int fd = open_socket(SOCK_STREAM);
  if (!connect_to(fd, to)) stop("cannot connect to " + to.text());
  SSL* ssl = nullptr;
  if (context != nullptr) {
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    SSL_set_connect_state(ssl);
    if (session != nullptr) SSL_set_session(ssl, session);
  }
  auto out = std::make_unique<Channel>(owner, fd, ssl, false);
  reactor.watch(*out);
  return out;
}

std::unique_ptr<Channel> Channel::datagrams(Reactor& reactor, ChannelOwner& owner, const NetAddress& from,
                                            const NetAddress& to) {
  const int fd = open_socket(SOCK_DGRAM);
  bind_to(fd, from);
  if (!connect_to(fd, to)) stop("cannot connect to " + to.text());
  auto out = std::make_unique<Channel>(owner, fd, nullptr, true);
  reactor.watch(*out);
  return out;
}

Channel::Channel(ChannelOwner& owner, int fd, SSL* ssl, bool is_udp)
    : Pollable(fd), owner_(&owner), ssl_(ssl), is_udp_(is_udp) {
  if (ssl_ != nullptr) SSL_set_ex_data(ssl_, channel_index(), this);
}

Channel::~Channel() {
  if (ssl_ == nullptr) return;
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN);  // or its session could not be resumed
  SSL_free(ssl_);
}

void Channel::close() {
  if (ssl_ != nullptr && state_ == State::open) SSL_shutdown(ssl_);
  state_ = State::closed;
  ::close(std::exchange(fd_, -1));
}

void Channel::fail() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  owner_->closed(*this);
}

void Channel::ready() {
  if (state_ == State::connecting) step_open();
  if (state_ != State::open) return;
  write_out();
  read_all();
}

void Channel::step_open() {
  int error = 0;
  socklen_t size = sizeof error;
  sockaddr_in name{};
  socklen_t name_size = sizeof name;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail();
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    const int what = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, result);
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) return;
    if (result != 1) return fail();
  }
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &name_size);
  std::array<char, INET_ADDRSTRLEN> text;
  inet_ntop(AF_INET, &name.sin_addr, text.data(), text.size());
  local_ = {text.data(), ntohs(name.sin_port)};
  state_ = State::open;
  owner_->opened(*this);
}

void Channel::read_all() {
  static std::array<char, 65'536> buffer;
  while (state_ == State::open) {
    long count = 0;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      count = SSL_read(ssl_, buffer.data(), buffer.size());
      if (count <= 0 && SSL_get_error(ssl_, static_cast<int>(count)) == SSL_ERROR_WANT_READ) return;
    } else {
      count = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == ECONNREFUSED)) return;
    }
    if (count <= 0) return fail();
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (is_udp_) {
      owner_->received(*this, bytes);
    } else {
      in_.append(bytes);
      if (!take_messages()) return;
    }
  }
}

bool Channel::take_messages() {
  std::size_t at = 0;
  while (state_ == State::open) {
    const std::size_t size = message_size(std::string_view(in_).substr(at));
    if (size == 0) break;
    owner_->received(*this, std::string_view(in_).substr(at, size));
    at += size;
  }
  in_.erase(0, at);
  return state_ == State::open;
}

long Channel::write_some(std::string_view bytes) {
  if (ssl_ == nullptr) return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ERR_clear_error();
  return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
}

void Channel::send(std::string_view message) {
  if (state_ != State::open) return;
  const bool waiting = !out_.empty();
  if (!waiting) {
    const long count = write_some(message);
    if (count == static_cast<long>(message.size()) || is_udp_) return;
    if (count > 0) message.remove_prefix(static_cast<std::size_t>(count));
  }
  out_.append(message);
}

void Channel::write_out() {
  while (!out_.empty()) {
    const long count = write_some(out_);
    if (count <= 0) return;
    out_.erase(0, static_cast<std::size_t>(count));
  }
}

Acceptor::Acceptor(Reactor& reactor, ChannelOwner& owner, const NetAddress& at, SSL_CTX* context)
    : Pollable(open_socket(SOCK_STREAM)), reactor_(reactor), owner_(owner), context_(context) {
  bind_to(fd_, at);
  if (::listen(fd_, 1024) != 0) stop("cannot listen at " + at.text());
  reactor.watch(*this);
}

void Acceptor::ready() {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL* ssl = nullptr;
    if (context_ != nullptr) {
      ssl = SSL_new(context_);
      SSL_set_fd(ssl, fd);
      SSL_set_accept_state(ssl);
    }
    channels_.push_back(std::make_unique<Channel>(owner_, fd, ssl, false));
    reactor_.watch(*channels_.back());
    channels_.back()->ready();
  }
}

}  // namespace ringwall::bench
