#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "runtime/connection_view.h"
#include "runtime/signalling_loop.h"
#include "runtime/source_guard.h"
#include "sip/endpoint/endpoint.h"

namespace ringwall::runtime {

/// One clear UDP socket, which exists only by a waiver. Each peer address is a flow of its own; the one that was silent
/// for longest goes when there are more than limits::udp_flows.
class UdpSocket : public std::enable_shared_from_this<UdpSocket> {
 public:
  ~UdpSocket();
  struct Callbacks {
    std::function<sip::FlowId()> new_flow;
    std::function<void(const sip::Flow&, std::string_view)> received;
    std::function<void()> reading_paused;  ///< after all datagrams that were there to be read
    std::function<void(sip::TransmitId, Error)> send_failed;
    std::function<void(sip::FlowId)> flow_ended;
    SourceGuard* guard = nullptr;  ///< what it blocks is dropped before it is a flow; used until close()
  };
  static Result<std::shared_ptr<UdpSocket>> open(SignallingLoop& loop, const NetAddress& address, std::string waiver,
                                                 Callbacks callbacks);

  void start();
  void close();
  /// Takes a datagram; flush() sends what was taken, and reports what could not be sent.
  Result<> send(sip::TransmitId id, const NetAddress& to, std::string bytes);
  /// The same to a peer that was heard; false if there is no such flow.
  bool send(sip::TransmitId id, sip::FlowId flow, std::string& bytes);
  void flush();
  [[nodiscard]] const NetAddress& local() const { return local_; }
  [[nodiscard]] const std::string& waiver() const { return waiver_; }
  /// Forgets the flows that were silent for `idle`.
  void sweep(Time now, Duration idle);
  void append_views(Time now, std::vector<ConnectionView>& out) const;

 private:
  using Socket = boost::asio::ip::udp::socket;
  struct Peer {
    sip::Flow flow;
    sockaddr_storage address;
    WallTime since;
    Time last;
    std::uint64_t messages_in = 0, messages_out = 0;
  };
  using Peers = std::list<Peer>;  ///< the one heard last stands first
  struct Datagram {
    sip::TransmitId id;
    sockaddr_storage to;
    std::string bytes;
  };
  struct Inbox;  ///< room for one batch

  UdpSocket(SignallingLoop& loop, NetAddress local, Socket socket, std::string waiver, Callbacks callbacks);
  void wait();
  void receive_all();
  bool receive_batch();
  void received(const sockaddr_storage& from, std::string_view bytes);
  Peer& peer_at(const sockaddr_storage& remote);
  void drop_last();

  SignallingLoop& loop_;
  NetAddress local_;
  Socket socket_;
  std::string waiver_;
  Callbacks callbacks_;
  bool closed_ = false;
  Peers peers_;
  std::unordered_map<std::string, Peers::iterator> by_address_;  ///< by the bytes of address and port
  std::unordered_map<sip::FlowId, Peers::iterator> by_flow_;
  std::unique_ptr<Inbox> inbox_;
  std::vector<Datagram> outbox_;
};

}  // namespace ringwall::runtime
