#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

/// What a TLS connection shows to anybody who listens: record headers (RFC 8446 section 5.1) and the handshake messages
/// that are sent in clear.
namespace ringwall::proof {

/// Bytes ----+-- record: type(1) version(2) length(2) fragment(length)
///           +-- fragments of type 22 joined -- handshake message: type(1) length(3) body
struct ClientHello {
  std::string server_name;            ///< SNI; empty if none
  std::vector<std::string> versions;  ///< offered, "TLSv1.3"
  std::vector<std::string> groups;    ///< offered, "x25519"
  bool offers_session = false;        ///< a pre-shared key (1.3) or a session id (1.2): wants to resume
};

struct ServerHello {
  std::string version;   ///< the one that is used (supported_versions if it is there)
  std::string cipher;    ///< OpenSSL's name; "0x1234" if we do not know it
  std::string group;     ///< 1.3: key_share; 1.2: from ServerKeyExchange; empty: none
  bool resumed = false;  ///< 1.3: a pre-shared key was selected; 1.2: see TlsWire
};

/// What was seen in one direction.
struct TlsDirection {
  std::uint64_t records = 0;
  std::uint64_t application_records = 0;
  std::uint64_t plain_bytes = 0;    ///< bytes of the stream that are no TLS records
  std::uint64_t skipped_bytes = 0;  ///< before the first record boundary was found, or after a hole in the capture
  std::vector<std::string> alerts;  ///< alerts in clear: "fatal unknown_ca"
};

/// Follows one direction of a connection, in stream order. Bounded: keeps at most one handshake flight.
class TlsRecordReader {
 public:
  /// `from_start`: the stream's first byte is the first one given; else the reader looks for a record boundary at the
  /// beginning of each piece until it finds one.
  explicit TlsRecordReader(bool from_start) : synchronised_(from_start) {}

  /// The next bytes of the stream, one captured segment. Returns whether they are TLS (all of them continue or begin
  /// records); false: at least one byte is something else.
  bool receive(Bytes segment);
  /// Bytes are missing before the next receive().
  void hole();

  [[nodiscard]] const TlsDirection& seen() const { return seen_; }
  [[nodiscard]] const std::optional<ClientHello>& client_hello() const { return client_hello_; }
  [[nodiscard]] const std::optional<ServerHello>& server_hello() const { return server_hello_; }
  /// DNS and URI names (or common names) of the certificates that TLS 1.2 sends in clear, the leaf's only.
  [[nodiscard]] const std::vector<std::string>& certificate_names() const { return certificate_names_; }

 private:
  bool take_header(Bytes& rest);
  void take_fragment(Bytes part);
  void end_record();
  void read_handshake();
  void read_message(std::uint8_t type, Bytes body);

  bool synchronised_;
  bool lost_step_ = false;  ///< bytes that are no records followed records
  bool awaits_second_hello_ = false;
  bool encrypted_ = false;  ///< ChangeCipherSpec was seen: handshake messages are no longer readable
  Buffer header_;           ///< of a record that is split over segments
  std::uint8_t type_ = 0;
  std::size_t left_ = 0;  ///< of the current fragment
  Buffer alert_;
  Buffer handshake_;
  TlsDirection seen_;
  std::optional<ClientHello> client_hello_;
  std::optional<ServerHello> server_hello_;
  std::vector<std::string> certificate_names_;
};

/// Whether `bytes` begin like a TLS record.
bool looks_like_tls(Bytes bytes);

}  // namespace ringwall::proof
