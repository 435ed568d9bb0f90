#include "runtime/udp_socket.h"

#include "base/limits.h"
#include "base/text.h"
#include "runtime/signalling_loop_impl.h"
#include "runtime/socket_address.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {
constexpr int kDatagramsPerTurn = 64;
}

UdpSocket::UdpSocket(SignallingLoop& loop, NetAddress local, Socket socket, std::string waiver, Callbacks callbacks)
    : loop_(loop),
      local_(std::move(local)),
      socket_(std::move(socket)),
      waiver_(std::move(waiver)),
      callbacks_(std::move(callbacks)),
      buffer_(65'536) {}

Result<std::shared_ptr<UdpSocket>> UdpSocket::open(SignallingLoop& loop, const NetAddress& address, std::string waiver,
                                                   Callbacks callbacks) {
  TRY(const auto endpoint, to_endpoint<asio::ip::udp::endpoint>(address));
  Socket socket(loop.impl().context);
  boost::system::error_code trouble;
  socket.open(endpoint.protocol(), trouble);
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
    self->receive_batch();
    if (!self->closed_) self->wait();
  });
}

void UdpSocket::receive_batch() {
  for (int turn = 0; turn < kDatagramsPerTurn && !closed_; ++turn) {
    asio::ip::udp::endpoint from;
    boost::system::error_code trouble;
    const std::size_t size = socket_.receive_from(asio::buffer(buffer_), from, 0, trouble);
    if (trouble == asio::error::would_block) return;
    if (trouble) continue;  // an ICMP error of an earlier datagram
    const std::string_view text(buffer_.data(), size);
    // Keep-alives of CR and LF alone keep the NAT open and say nothing.
    if (trim(text).empty()) continue;
    Peer& peer = peer_at(to_net_address(from));
    ++peer.messages_in;
    const sip::Flow flow = peer.flow;
    callbacks_.received(flow, text);
  }
}

UdpSocket::Peer& UdpSocket::peer_at(const NetAddress& remote) {
  const Time now = loop_.now();
  if (const auto known = by_address_.find(remote); known != by_address_.end()) {
    peers_.splice(peers_.begin(), peers_, known->second);
    peers_.front().last = now;
    return peers_.front();
  }
  if (peers_.size() >= limits::udp_flows) drop_last();
  Peer peer;
  peer.flow.id = callbacks_.new_flow();
  peer.flow.transport = sip::Transport::udp;
  peer.flow.local = local_;
  peer.flow.remote = remote;
  peer.since = wall_now();
  peer.last = now;
  peers_.push_front(std::move(peer));
  by_address_[remote] = peers_.begin();
  by_flow_[peers_.front().flow.id] = peers_.begin();
  return peers_.front();
}

void UdpSocket::drop_last() {
  const sip::FlowId id = peers_.back().flow.id;
  by_address_.erase(peers_.back().flow.remote);
  by_flow_.erase(id);
  peers_.pop_back();
  callbacks_.flow_ended(id);
}

Result<> UdpSocket::send(const NetAddress& to, std::string_view bytes) {
  TRY(const auto target, to_endpoint<asio::ip::udp::endpoint>(to));
  boost::system::error_code trouble;
  socket_.send_to(asio::buffer(bytes.data(), bytes.size()), target, 0, trouble);
  if (trouble)
    return fail("the datagram was not sent: " + trouble.message(), to.text(), "check the route to that address");
  ++peer_at(to).messages_out;
  return {};
}

std::optional<NetAddress> UdpSocket::address_of(sip::FlowId flow) const {
  const auto known = by_flow_.find(flow);
  if (known == by_flow_.end()) return std::nullopt;
  return known->second->flow.remote;
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
