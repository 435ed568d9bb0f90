#include "proof/tcp_stream.h"

#include <algorithm>

#include "base/limits.h"
#include "proof/datagram.h"

namespace ringwall::proof {

bool TcpStream::is_restart(const Captured& segment) const {
  return segment.syn && first_ && segment.sequence + 1 != *first_;
}

void TcpStream::receive(const Captured& segment) {
  std::uint32_t sequence = segment.sequence;
  if (segment.syn) ++sequence;  // the SYN takes one number (RFC 9293 section 3.4)
  if (!first_) {
    first_ = sequence;
    records_.emplace(segment.syn);
  }
  if (segment.payload.empty()) {
    ++counts_.empty;
    return;
  }
  // The distance in the 32-bit circle, put onto the long line of offsets.
  const auto expected = static_cast<std::uint32_t>(next_) + *first_;
  const std::int64_t offset = next_ + static_cast<std::int32_t>(sequence - expected);
  if (offset < next_ && holds_sip_text(segment.payload)) {  // nothing hides in a retransmission
    in_sip_ = true;
    ++counts_.sip;
    return;
  }
  if (offset + static_cast<std::int64_t>(segment.payload.size()) <= next_) {
    ++counts_.empty;
    return;
  }
  waiting_bytes_ += segment.payload.size();
  waiting_.emplace(offset, segment.payload);
  deliver_waiting(waiting_bytes_ > limits::capture_reorder_bytes);
}

void TcpStream::deliver_waiting(bool across_holes) {
  while (!waiting_.empty()) {
    auto node = waiting_.extract(waiting_.begin());
    const std::int64_t offset = node.key();
    const Bytes bytes = node.mapped();
    if (offset > next_ && !across_holes) {
      waiting_.insert(std::move(node));
      return;
    }
    waiting_bytes_ -= bytes.size();
    if (offset > next_) {
      holes_ = true;
      records_->hole();
      tail_.clear();
      next_ = offset;
    }
    const auto known = static_cast<std::size_t>(next_ - offset);
    if (known >= bytes.size()) {
      ++counts_.empty;
      continue;
    }
    next_ = offset + static_cast<std::int64_t>(bytes.size());
    deliver(bytes.subspan(known));
  }
}

void TcpStream::deliver(Bytes bytes) {
  const bool tls = records_->receive(bytes);
  // The end of the bytes before, and enough of these to complete the text.
  tail_.insert(tail_.end(), bytes.begin(),
               bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), sip_text_bytes)));
  const bool sip = holds_sip_text(bytes) || holds_sip_text(tail_);
  if (bytes.size() >= sip_text_bytes) tail_ = to_buffer(bytes.last(sip_text_bytes - 1));
  if (tail_.size() >= sip_text_bytes) tail_.erase(tail_.begin(), tail_.end() - (sip_text_bytes - 1));
  in_sip_ = sip || (in_sip_ && !tls);
  if (in_sip_) {
    ++counts_.sip;
  } else {
    ++(tls ? counts_.tls : counts_.unknown);
  }
}

void TcpStream::finish() {
  deliver_waiting(true);
}

TcpConnection::TcpConnection(const Captured& first, bool source_is_server)
    : client_(source_is_server ? first.destination : first.source),
      server_(source_is_server ? first.source : first.destination),
      from_start_(first.syn) {}

void TcpConnection::receive(const Captured& segment) {
  ++packets_;
  (from_client(segment) ? client_sent_ : server_sent_).receive(segment);
}

void TcpConnection::finish() {
  client_sent_.finish();
  server_sent_.finish();
}

bool TcpConnection::is_restart(const Captured& segment) const {
  return (from_client(segment) ? client_sent_ : server_sent_).is_restart(segment);
}

TcpWire TcpConnection::wire() const {
  TcpWire wire{.client = client_, .server = server_, .from_start = from_start_, .packets = packets_};
  const TlsRecordReader& client = client_sent_.records();
  const TlsRecordReader& server = server_sent_.records();
  wire.holes = client_sent_.holes() || server_sent_.holes();
  wire.client_sent = client.seen();
  wire.server_sent = server.seen();
  wire.tls = wire.client_sent.records + wire.server_sent.records > 0;
  wire.client_hello = client.client_hello();
  wire.server_hello = server.server_hello();
  wire.client_names = client.certificate_names();
  wire.server_names = server.certificate_names();
  return wire;
}

PacketClass TcpConnection::packet_class() const {
  const auto& client = client_sent_.counts();
  const auto& server = server_sent_.counts();
  if (client.sip + server.sip > 0) return PacketClass::clear_sip;
  return client.tls + server.tls > 0 ? PacketClass::tls : PacketClass::other;
}

void TcpConnection::count_into(PacketCounts& counts, std::vector<ClearFlow>& clear) const {
  const PacketClass whole = packet_class();
  const auto add = [&counts](PacketClass packet_class, std::uint64_t packets) {
    counts[static_cast<std::size_t>(packet_class)] += packets;
  };
  const auto count_side = [&](const TcpStream::Counts& side, const NetAddress& source, const NetAddress& destination) {
    add(PacketClass::tls, side.tls);
    add(PacketClass::clear_sip, side.sip);
    // Bytes on a connection with SIP text that are no records belong to its messages.
    add(whole == PacketClass::clear_sip ? whole : PacketClass::other, side.unknown);
    add(whole, side.empty);
    const std::uint64_t in_clear = whole == PacketClass::clear_sip ? side.sip + side.unknown + side.empty : 0;
    if (in_clear > 0)
      clear.push_back({PacketClass::clear_sip, Protocol::tcp, source, destination, in_clear, "SIP text"});
  };
  count_side(client_sent_.counts(), client_, server_);
  count_side(server_sent_.counts(), server_, client_);
}

}  // namespace ringwall::proof
