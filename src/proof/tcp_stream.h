#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "proof/classify.h"
#include "proof/packet.h"
#include "proof/tls_records.h"

namespace ringwall::proof {

/// One direction of a TCP connection: puts segments into order and tells what each one is. A segment that waits for an
/// earlier one is counted when its turn comes.
class TcpStream {
 public:
  struct Counts {
    std::uint64_t tls = 0;      ///< segments whose bytes are TLS records
    std::uint64_t sip = 0;      ///< segments with SIP text, and what follows it until records begin again
    std::uint64_t unknown = 0;  ///< segments with other bytes
    std::uint64_t empty = 0;    ///< segments without new bytes: SYN, ACK, FIN, retransmissions
  };

  void receive(const Captured& segment);
  /// No segment will come any more: what waits behind a hole is looked at all the same.
  void finish();

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const TlsRecordReader& records() const { return *records_; }
  [[nodiscard]] bool started() const { return first_.has_value(); }
  /// Whether this SYN begins another connection than the one that is followed.
  [[nodiscard]] bool is_restart(const Captured& segment) const;
  [[nodiscard]] bool holes() const { return holes_; }

 private:
  void deliver(Bytes bytes);
  void deliver_waiting(bool across_holes);

  std::optional<std::uint32_t> first_;  ///< sequence number of the first segment
  std::int64_t next_ = 0;               ///< offset of the next byte from it
  std::optional<TlsRecordReader> records_{TlsRecordReader(false)};
  std::multimap<std::int64_t, Buffer> waiting_;
  std::size_t waiting_bytes_ = 0;
  Buffer tail_;  ///< the stream's last bytes: SIP text may be split
  bool in_sip_ = false;
  bool holes_ = false;
  Counts counts_;
};

/// Both directions of one connection.
class TcpConnection {
 public:
  TcpConnection(const Captured& first, bool source_is_server);

  void receive(const Captured& segment);
  void finish();
  [[nodiscard]] bool is_restart(const Captured& segment) const;
  [[nodiscard]] TcpWire wire() const;
  /// The class of the connection as a whole: that of its segments without bytes.
  [[nodiscard]] PacketClass packet_class() const;
  /// Adds every packet of the connection to the counts, the clear ones to `clear` too.
  void count_into(PacketCounts& counts, std::vector<ClearFlow>& clear) const;

 private:
  [[nodiscard]] bool from_client(const Captured& segment) const { return segment.source == client_; }

  NetAddress client_, server_;
  bool from_start_;
  std::uint64_t packets_ = 0;
  TcpStream client_sent_, server_sent_;
};

}  // namespace ringwall::proof
