#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message/uri.h"

namespace ringwall::sip {

enum class Method : std::uint8_t {
  ack,
  bye,
  cancel,
  info,
  invite,
  message,
  notify,
  options,
  prack,
  publish,
  refer,
  register_,
  subscribe,
  update,
  other
};
inline constexpr std::size_t method_count = static_cast<std::size_t>(Method::other) + 1;
Method parse_method(std::string_view text);  ///< methods are case-sensitive; anything unknown is `other`
std::string_view print(Method method);       ///< "" for `other`

/// The headers that the code asks for by name. All others are kept and found by their text.
enum class HeaderName : std::uint8_t {
  accept,
  accept_contact,
  accept_encoding,
  accept_language,
  alert_info,
  allow,
  allow_events,
  authentication_info,
  authorization,
  call_id,
  call_info,
  contact,
  content_disposition,
  content_encoding,
  content_language,
  content_length,
  content_type,
  cseq,
  date,
  diversion,
  error_info,
  event,
  expires,
  flow_timer,
  from,
  geolocation,
  history_info,
  identity,
  in_reply_to,
  info_package,
  join,
  max_forwards,
  mime_version,
  min_expires,
  min_se,
  organization,
  p_access_network_info,
  p_asserted_identity,
  p_associated_uri,
  p_called_party_id,
  p_preferred_identity,
  path,
  priority,
  privacy,
  proxy_authenticate,
  proxy_authentication_info,
  proxy_authorization,
  proxy_require,
  rack,
  reason,
  record_route,
  recv_info,
  refer_sub,
  refer_to,
  referred_by,
  reject_contact,
  remote_party_id,
  replaces,
  reply_to,
  request_disposition,
  require,
  retry_after,
  route,
  rseq,
  server,
  service_route,
  session_expires,
  session_id,
  sip_etag,
  sip_if_match,
  subject,
  subscription_state,
  supported,
  target_dialog,
  timestamp,
  to,
  unsupported,
  user_agent,
  user_to_user,
  via,
  warning,
  www_authenticate,
  other
};
HeaderName parse_header_name(std::string_view text);  ///< without case, compact forms included
std::string_view print(HeaderName name);              ///< the canonical long form; "" for `other`

/// One header line: the value has no surrounding space and no folding.
struct HeaderField {
  HeaderName name = HeaderName::other;
  std::string_view text_name;  ///< as the peer wrote it
  std::string_view value;
};

/// Via (RFC 3261 section 20.42).
struct Via {
  std::string_view transport;  ///< "TLS", "UDP", ...
  std::string_view host;       ///< sent-by, IPv6 with brackets
  std::uint16_t port = 0;      ///< 0 = not given
  std::string_view branch;
  std::string_view parameters;  ///< all, without the leading ';'
};
/// Reads one Via value; of a list the first one.
Result<Via> parse_via(std::string_view text);

/// name-addr or addr-spec with header parameters: From, To, Contact, Route, ...
struct NameAddr {
  std::string_view display_name;  ///< without quotes, still escaped
  Uri uri;
  std::string_view parameters;  ///< header parameters, without the leading ';'
  std::string_view tag;         ///< the `tag` parameter, "" if absent
};
Result<NameAddr> parse_name_addr(std::string_view text);

struct CSeq {
  std::uint32_t number = 0;
  Method method = Method::other;
  std::string_view method_name;
};

/// Why a message was refused: the status that a UAS answers with (400, 413, 416, 501, 505, 513) and a reason that names
/// the header. `answerable` is false where the message does not hold enough to build a response (or is one).
struct ParseError {
  int status = 400;
  std::string reason;
  bool answerable = false;
};

/// A received message: one owned buffer, and views into it. Cheap to move, never copied. Parsing checks everything that
/// each layer relies on: start line, the six mandatory headers of RFC 3261 section 8.1.1 (To, From, CSeq, Call-ID,
/// Max-Forwards may be absent, Via), that single headers are single, Content-Length, limits.
class Message {
 public:
  static std::expected<Message, ParseError> parse(std::string_view bytes);
  Message(Message&&) noexcept;
  Message& operator=(Message&&) noexcept;
  ~Message();

  [[nodiscard]] bool is_request() const;
  [[nodiscard]] bool is_response() const { return !is_request(); }
  [[nodiscard]] Method method() const;  ///< of a response: the method in its CSeq
  [[nodiscard]] std::string_view method_name() const;
  [[nodiscard]] const Uri& request_uri() const;  ///< empty for a response
  [[nodiscard]] int status() const;              ///< 0 for a request
  [[nodiscard]] std::string_view reason_phrase() const;

  [[nodiscard]] std::span<const HeaderField> headers() const;
  /// Value of the first field of that name, "" if absent.
  [[nodiscard]] std::string_view header(HeaderName name) const;
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool has(HeaderName name) const;
  /// All values of a list header, fields split at commas outside quotes and angle brackets.
  [[nodiscard]] std::vector<std::string_view> values(HeaderName name) const;

  [[nodiscard]] const Via& top_via() const;
  [[nodiscard]] const NameAddr& from() const;
  [[nodiscard]] const NameAddr& to() const;
  [[nodiscard]] std::string_view call_id() const;
  [[nodiscard]] const CSeq& cseq() const;
  [[nodiscard]] std::optional<NameAddr> contact() const;  ///< the first one; nothing for "*"
  [[nodiscard]] std::optional<std::uint32_t> expires() const;
  [[nodiscard]] std::optional<std::uint32_t> max_forwards() const;

  [[nodiscard]] std::string_view content_type() const;  ///< "type/subtype" without parameters
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] std::string_view bytes() const;  ///< the message as received

 private:
  friend class MessageParser;
  struct Index;
  struct Free {
    void operator()(Index* index) const;
  };
  explicit Message(std::unique_ptr<Index, Free> index);
  std::unique_ptr<Index, Free> index_;
};

using MessagePtr = std::shared_ptr<const Message>;

/// Writes one message from top to bottom. A CR, LF or NUL in any argument is replaced by a space, so text from a peer
/// cannot become a header.
class MessageWriter {
 public:
  /// `room`: about how many bytes the whole message will have, so that memory is taken once.
  explicit MessageWriter(std::size_t room = 1024) { out_.reserve(room); }
  MessageWriter& request(std::string_view method, std::string_view uri);
  MessageWriter& status(int code, std::string_view reason = {});  ///< empty reason: the RFC's phrase
  MessageWriter& header(HeaderName name, std::string_view value);
  MessageWriter& header(std::string_view name, std::string_view value);
  /// A value of several pieces, written one behind the other.
  MessageWriter& header(HeaderName name, std::initializer_list<std::string_view> pieces);
  /// Writes Content-Type (if not empty), Content-Length, the empty line and the body; the message is complete.
  [[nodiscard]] std::string finish(std::string_view content_type = {}, std::string_view body = {});

 private:
  std::string out_;
};

std::string_view default_reason(int status);  ///< "Ringing" for 180, ...

}  // namespace ringwall::sip
