#include "proof/tls_records.h"

#include <algorithm>

#include "base/limits.h"
#include "proof/tls_hello.h"
#include "proof/tls_names.h"

namespace ringwall::proof {
namespace {

enum ContentType : std::uint8_t { change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23 };
enum HandshakeType : std::uint8_t {
  type_client_hello = 1,
  type_server_hello = 2,
  type_certificate = 11,
  type_server_key_exchange = 12
};

constexpr std::size_t header_bytes = 5;
constexpr std::size_t fragment_bytes_at_most = (1 << 14) + 2048;  // RFC 5246 section 6.2.3; 1.3 allows less
constexpr std::size_t alerts_at_most = 16;

bool is_header(Bytes header) {
  const std::size_t length = static_cast<std::size_t>(header[3]) << 8 | header[4];
  return header[0] >= change_cipher_spec && header[0] <= application_data && header[1] == 3 && header[2] <= 4 &&
         length > 0 && length <= fragment_bytes_at_most;
}

/// What there is of a header does not contradict it.
bool begins_header(Bytes bytes) {
  if (bytes.size() >= header_bytes) return is_header(bytes);
  if (!bytes.empty() && (bytes[0] < change_cipher_spec || bytes[0] > application_data)) return false;
  return bytes.size() < 2 || bytes[1] == 3;
}

}  // namespace

bool looks_like_tls(Bytes bytes) {
  return bytes.size() >= header_bytes && is_header(bytes);
}

bool TlsRecordReader::receive(Bytes segment) {
  if (segment.empty()) return true;
  if (!synchronised_) {
    if (!looks_like_tls(segment)) {
      (lost_step_ ? seen_.plain_bytes : seen_.skipped_bytes) += segment.size();
      return false;
    }
    synchronised_ = true;
  }
  Bytes rest = segment;
  while (!rest.empty()) {
    if (left_ == 0 && !take_header(rest)) {
      seen_.plain_bytes += rest.size() + header_.size();
      header_.clear();
      synchronised_ = false;
      lost_step_ = true;
      return false;
    }
    const Bytes part = rest.first(std::min(left_, rest.size()));
    rest = rest.subspan(part.size());
    take_fragment(part);
  }
  return true;
}

/// Takes the next header from `rest`, which may hold only a part of it. False: these bytes are no header.
bool TlsRecordReader::take_header(Bytes& rest) {
  const std::size_t missing = std::min(header_bytes - header_.size(), rest.size());
  header_.insert(header_.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(missing));
  if (!begins_header(header_)) {
    header_.resize(header_.size() - missing);
    return false;
  }
  rest = rest.subspan(missing);
  if (header_.size() < header_bytes) return true;
  type_ = header_[0];
  left_ = static_cast<std::size_t>(header_[3]) << 8 | header_[4];
  header_.clear();
  alert_.clear();
  ++seen_.records;
  if (type_ == application_data) ++seen_.application_records;
  return true;
}

void TlsRecordReader::take_fragment(Bytes part) {
  left_ -= part.size();
  if (!encrypted_ && type_ == handshake && handshake_.size() + part.size() <= limits::capture_tls_handshake_bytes) {
    handshake_.insert(handshake_.end(), part.begin(), part.end());
  }
  if (!encrypted_ && type_ == alert && alert_.size() + part.size() <= 2) {
    alert_.insert(alert_.end(), part.begin(), part.end());
  }
  if (left_ == 0 && !part.empty()) end_record();
}

void TlsRecordReader::end_record() {
  if (type_ == handshake && !encrypted_) read_handshake();
  if (type_ == alert && alert_.size() == 2 && seen_.alerts.size() < alerts_at_most) {
    seen_.alerts.push_back((alert_[0] == 2 ? "fatal " : "warning ") + alert_name(alert_[1]));
  }
  // After ChangeCipherSpec all is encrypted; 1.3 sends it for old middleboxes after a HelloRetryRequest too, when
  // another hello still follows in clear.
  if (type_ == application_data) encrypted_ = true;
  if (type_ == change_cipher_spec) encrypted_ = !awaits_second_hello_;
}

void TlsRecordReader::read_handshake() {
  std::size_t at = 0;
  for (;;) {
    ByteReader reader(Bytes(handshake_).subspan(at));
    const std::uint8_t type = reader.u8();
    const Bytes body = reader.take(reader.u24());
    if (!reader.ok()) break;
    read_message(type, body);
    at += reader.position();
  }
  handshake_.erase(handshake_.begin(), handshake_.begin() + static_cast<std::ptrdiff_t>(at));
}

void TlsRecordReader::read_message(std::uint8_t type, Bytes body) {
  // A client that is asked to retry sends a second hello; any other message in clear means that it was not asked.
  awaits_second_hello_ =
      (type == type_client_hello && !client_hello_) || (type == type_server_hello && is_hello_retry_request(body));
  switch (type) {
    case type_client_hello:
      if (auto hello = parse_client_hello(body)) client_hello_ = std::move(hello);
      break;
    case type_server_hello:
      if (!awaits_second_hello_) {
        if (auto hello = parse_server_hello(body)) server_hello_ = std::move(hello);
      }
      break;
    case type_certificate:
      if (certificate_names_.empty()) certificate_names_ = parse_certificate_names(body);
      break;
    case type_server_key_exchange:
      if (server_hello_ && server_hello_->group.empty()) server_hello_->group = parse_key_exchange_group(body);
      break;
    default:
      break;
  }
}

void TlsRecordReader::hole() {
  synchronised_ = false;
  lost_step_ = false;
  left_ = 0;
  header_.clear();
  handshake_.clear();
  alert_.clear();
}

}  // namespace ringwall::proof
