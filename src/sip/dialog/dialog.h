#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sip/message/message.h"

namespace ringwall::sip {

/// Dialog state (RFC 3261 section 12) of one side. It exists for a caller from its INVITE on, so that the numbers and
/// tags of the INVITE are the dialog's own; it is a dialog in the RFC's sense from `early` on.
///
///    none --- 101-199 with To tag ---> early --- 2xx ---> confirmed
///      `------------------ 2xx ------------------------------^
class Dialog {
 public:
  enum class State : std::uint8_t { none, early, confirmed };

  /// The caller's side. `local` and `remote` are name-addrs without tag; `remote_uri` is the Request-URI.
  static Dialog caller(std::string call_id, std::string_view local, std::string_view remote, std::string remote_uri,
                       std::string local_tag, std::uint32_t cseq);
  /// The same from an INVITE of ours that was sent.
  static Dialog caller(const Message& invite);
  /// The called side (section 12.1.1): from the INVITE, with the tag that our responses carry. Fails without a usable
  /// Contact.
  static Result<Dialog> called(const Message& invite, std::string local_tag);

  /// Caller: a 101-2xx response with a To tag makes or confirms the dialog (section 12.1.2). A 2xx from another fork
  /// than the early dialog's replaces it. Fails if a 2xx lacks a usable Contact or route: the dialog can only be
  /// acknowledged and ended then, by what is known.
  Result<> receive_response(const Message& response);
  /// Subscriber: a NOTIFY makes the dialog (RFC 6665 section 4.4.1); one of another fork takes the place of its peer.
  /// Fails, and changes nothing, without a usable Contact.
  Result<> receive_notify(const Message& notify);
  /// Called side: our 1xx or 2xx was sent.
  void answered(int status);

  /// True if the message (a request from the peer) names this dialog (section 12.2.2).
  [[nodiscard]] bool matches(const Message& request) const;
  /// Checks and takes the CSeq of a request from the peer. False: out of order, answer 500 (section 12.2.2).
  bool receive_request(const Message& request);
  /// Target refresh (section 12.2.2): the Contact of a re-INVITE, an UPDATE or the 2xx to ours.
  void refresh_target(const Message& message);

  std::uint32_t next_cseq() { return ++local_cseq_; }
  /// Leaves room for numbers that requests which this state has not seen may have used.
  void skip_cseq(std::uint32_t count) { local_cseq_ += count; }
  /// Swaps all that differs between two dialogs that one INVITE of ours has made (section 12.1.2). Our own side, equal
  /// in both, stays where it is.
  void exchange_remote(Dialog& other);

  /// Writes start line, `via`, Max-Forwards, Route, From, To, Call-ID and CSeq of a request in this dialog
  /// (section 12.2.1.1).
  void write_request(MessageWriter& writer, std::string_view method, std::string_view via, std::uint32_t cseq) const;
  /// The URI of the next hop: the first Route, or the remote target.
  [[nodiscard]] std::string_view next_hop() const;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& call_id() const { return call_id_; }
  [[nodiscard]] const std::string& local_tag() const { return local_tag_; }
  [[nodiscard]] const std::string& remote_tag() const { return remote_tag_; }
  [[nodiscard]] std::string local_uri() const;   ///< the URI in our From or To
  [[nodiscard]] std::string remote_uri() const;  ///< the URI in the peer's
  [[nodiscard]] const std::string& remote_target() const { return remote_target_; }
  [[nodiscard]] const std::vector<std::string>& route_set() const { return route_set_; }
  [[nodiscard]] const std::string& local_party() const { return local_party_; }
  [[nodiscard]] const std::string& remote_party() const { return remote_party_; }

 private:
  State state_ = State::none;
  std::string call_id_;
  std::string local_tag_;
  std::string remote_tag_;
  std::string local_party_;   ///< our From in requests of ours, with tag
  std::string remote_party_;  ///< our To in requests of ours, with tag if known
  std::string remote_target_;
  std::vector<std::string> route_set_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
};

}  // namespace ringwall::sip
