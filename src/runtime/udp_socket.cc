#include "runtime/udp_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <boost/asio/ip/v6_only.hpp>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "runtime/signalling_loop_impl.h"
#include "runtime/socket_address.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr int kBatchesPerTurn = 4;  ///< then other sockets get their turn
constexpr unsigned kBatch = 16;
constexpr std::size_t kDatagramBytes = 65'536;

sockaddr_storage to_sockaddr(const asio::ip::udp::endpoint& endpoint) {
  sockaddr_storage out{};
  std::memcpy(&out, endpoint.data(), endpoint.size());
  return out;
}

asio::ip::udp::endpoint to_endpoint(const sockaddr_storage& address) {
  asio::ip::udp::endpoint out;
  const std::size_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::memcpy(out.data(), &address, size);
  out.resize(size);
  return out;
}

socklen_t size_of(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

/// Address and port as bytes; 6 of them (IPv4) need no memory of their own.
std::string key_of(const sockaddr_storage& address) {
  std::string out;
  if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    out.assign(reinterpret_cast<const char*>(&six.sin6_addr), sizeof six.sin6_addr);
    out.append(reinterpret_cast<const char*>(&six.sin6_port), sizeof six.sin6_port);
    out.append(reinterpret_cast<const char*>(&six.sin6_scope_id), sizeof six.sin6_scope_id);
  } else {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    out.assign(reinterpret_cast<const char*>(&four.sin_addr), sizeof four.sin_addr);
    out.append(reinterpret_cast<const char*>(&four.sin_port), sizeof four.sin_port);
  }
  return out;
}

}  // namespace

/// What one recvmmsg fills.
struct UdpSocket::Inbox {
  Inbox() : bytes(kBatch * kDatagramBytes) {
    for (unsigned i = 0; i < kBatch; ++i) {
      parts[i] = {bytes.data() + i * kDatagramBytes, kDatagramBytes};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &from[i];
    }
  }
  Buffer bytes;
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_storage, kBatch> from{};
  std::array<mmsghdr, kBatch> messages{};
};

UdpSocket::UdpSocket(SignallingLoop& loop, NetAddress local, Socket socket, std::string waiver, Callbacks callbacks)
    : loop_(loop),
      local_(std::move(local)),
      socket_(std::move(socket)),
      waiver_(std::move(waiver)),
      callbacks_(std::move(callbacks)),
      inbox_(std::make_unique<Inbox>()) {}

UdpSocket::~UdpSocket() = default;

Result<std::shared_ptr<UdpSocket>> UdpSocket::open(SignallingLoop& loop, const NetAddress& address, std::string waiver,
                                                   Callbacks callbacks) {
  TRY(const auto endpoint, to_endpoint<asio::ip::udp::endpoint>(address));
  Socket socket(loop.impl().context);
  boost::system::error_code trouble;
  socket.open(endpoint.protocol(), trouble);
  if (!trouble && endpoint.address().is_v6()) socket.set_option(asio::ip::v6_only(true), trouble);
  if (!trouble) socket.bind(endpoint, trouble);
  if (!trouble) socket.non_blocking(true, trouble);
  if (trouble)
    return fail("no UDP socket there: " + trouble.message(), address.text(),
                "check that the address is this machine's and the port is free");
  const NetAddress local = to_net_address(socket.local_endpoint());
  return std::shared_ptr<UdpSocket>(
      new UdpSocket(loop, local, std::move(socket), std::move(waiver), std::move(callbacks)));
}

void UdpSocket::start() {
  wait();
}

void UdpSocket::close() {
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  while (!peers_.empty())
    drop_last();
}

void UdpSocket::wait() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const boost::system::error_code& trouble) {
    if (trouble || self->closed_) return;
    self->receive_all();
    if (!self->closed_) self->wait();
  });
}

void UdpSocket::receive_all() {
  for (int turn = 0; turn < kBatchesPerTurn && receive_batch(); ++turn) {
  }
  if (!closed_) callbacks_.reading_paused();
}

/// False if there is nothing more at present.
bool UdpSocket::receive_batch() {
  for (mmsghdr& message : inbox_->messages)
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  const int count =
      ::recvmmsg(socket_.native_handle(), inbox_->messages.data(), inbox_->messages.size(), MSG_DONTWAIT, nullptr);
  if (count < 0) return errno != EAGAIN;  // else an ICMP error of an earlier datagram
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) && !closed_; ++i) {
    const auto* bytes = static_cast<const char*>(inbox_->parts[i].iov_base);
    received(inbox_->from[i], {bytes, inbox_->messages[i].msg_len});
  }
  return !closed_ && count == static_cast<int>(kBatch);
}

void UdpSocket::received(const sockaddr_storage& from, std::string_view bytes) {
  // Keep-alives of CR and LF alone keep the NAT open and say nothing.
  if (trim(bytes).empty()) return;
  SourceGuard* guard = callbacks_.guard;
  if (guard != nullptr && guard->any_blocked() && guard->drops(to_net_address(to_endpoint(from)).ip, loop_.now()))
    return;
  Peer& peer = peer_at(from);
  ++peer.messages_in;
  const sip::Flow flow = peer.flow;
  callbacks_.received(flow, bytes);
}

UdpSocket::Peer& UdpSocket::peer_at(const sockaddr_storage& remote) {
  const Time now = loop_.now();
  std::string key = key_of(remote);
  if (const auto known = by_address_.find(key); known != by_address_.end()) {
    peers_.splice(peers_.begin(), peers_, known->second);
    peers_.front().last = now;
    return peers_.front();
  }
  if (peers_.size() >= limits::udp_flows) drop_last();
  Peer peer;
  peer.flow.id = callbacks_.new_flow();
  peer.flow.transport = sip::Transport::udp;
  peer.flow.local = local_;
  peer.flow.remote = to_net_address(to_endpoint(remote));
  peer.address = remote;
  peer.since = wall_now();
  peer.last = now;
  peers_.push_front(std::move(peer));
  by_address_[std::move(key)] = peers_.begin();
  by_flow_[peers_.front().flow.id] = peers_.begin();
  return peers_.front();
}

void UdpSocket::drop_last() {
  const sip::FlowId id = peers_.back().flow.id;
  by_address_.erase(key_of(peers_.back().address));
  by_flow_.erase(id);
  peers_.pop_back();
  callbacks_.flow_ended(id);
}

Result<> UdpSocket::send(sip::TransmitId id, const NetAddress& to, std::string bytes) {
  TRY(const auto target, runtime::to_endpoint<asio::ip::udp::endpoint>(to));
  outbox_.push_back({id, to_sockaddr(target), std::move(bytes)});
  ++peer_at(outbox_.back().to).messages_out;
  return {};
}

bool UdpSocket::send(sip::TransmitId id, sip::FlowId flow, std::string& bytes) {
  const auto known = by_flow_.find(flow);
  if (known == by_flow_.end()) return false;
  Peer& peer = *known->second;
  SourceGuard* guard = callbacks_.guard;
  // The address may be forged: answers again and again would flood whoever has it.
  if (guard != nullptr && guard->blocked(peer.flow.remote.ip, loop_.now())) return true;
  peers_.splice(peers_.begin(), peers_, known->second);
  peer.last = loop_.now();
  ++peer.messages_out;
  outbox_.push_back({id, peer.address, std::move(bytes)});
  return true;
}

void UdpSocket::flush() {
  std::size_t begin = 0;
  while (begin < outbox_.size() && !closed_) {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> parts{};
    const std::size_t size = std::min<std::size_t>(kBatch, outbox_.size() - begin);
    for (std::size_t i = 0; i < size; ++i) {
      Datagram& one = outbox_[begin + i];
      parts[i] = {one.bytes.data(), one.bytes.size()};
      messages[i].msg_hdr.msg_name = &one.to;
      messages[i].msg_hdr.msg_namelen = size_of(one.to);
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = ::sendmmsg(socket_.native_handle(), messages.data(), static_cast<unsigned>(size), MSG_DONTWAIT);
    begin += static_cast<std::size_t>(std::max(count, 0));
    if (count > 0) continue;
    const int trouble = errno;
    const Datagram& failed = outbox_[begin++];
    callbacks_.send_failed(failed.id,
                           {"the datagram was not sent: " +
                                boost::system::error_code(trouble, asio::error::get_system_category()).message(),
                            to_net_address(to_endpoint(failed.to)).text(), "check the route to that address"});
  }
  outbox_.clear();
}

void UdpSocket::sweep(Time now, Duration idle) {
  while (!peers_.empty() && now - peers_.back().last >= idle)
    drop_last();
}

void UdpSocket::append_views(Time now, std::vector<ConnectionView>& out) const {
  for (const Peer& peer : peers_) {
    ConnectionView view;
    view.flow = peer.flow.id;
    view.transport = sip::Transport::udp;
    view.state = ConnectionState::established;
    view.local = local_;
    view.remote = peer.flow.remote;
    view.since = peer.since;
    view.messages_in = peer.messages_in;
    view.messages_out = peer.messages_out;
    view.idle = std::chrono::duration_cast<std::chrono::seconds>(now - peer.last);
    out.push_back(std::move(view));
  }
}

}  // namespace ringwall::runtime
