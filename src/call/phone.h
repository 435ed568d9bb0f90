#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "call/audio_leg.h"
#include "call/user_agent.h"

namespace ringwall::call {

struct PhoneOptions {
  std::string name;                ///< for logs: "phone1001"
  std::string user = "anonymous";  ///< "1001"
  std::string domain;              ///< "ringwall.test": From and To
  std::string address;             ///< our IP address
  std::uint16_t tls_port = 0;      ///< 0: any
  bool listen = false;             ///< take connections (a trunk's peer does, a registered phone need not)
  runtime::TlsIdentity identity;
  runtime::TrustAnchors anchors;
  std::string tls_minimum = "1.2";
  NetAddress server;        ///< registrar, or the edge
  std::string server_name;  ///< the name its certificate must be for
  std::vector<std::string> suites{"AEAD_AES_256_GCM",        "AEAD_AES_128_GCM",        "AES_256_CM_HMAC_SHA1_80",
                                  "AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32"};
  std::vector<std::string> codecs{"PCMU", "PCMA"};
  std::vector<sdp::KeyExchange> key_exchanges{sdp::KeyExchange::sdes, sdp::KeyExchange::dtls};
  policy::Ice ice = policy::Ice::off;
  std::string waiver;  ///< a clear phone (no TLS, no SRTP): the waiver's name
  std::uint16_t port_low = 16384, port_high = 32767;
  bool debug_key_log = false;
};

/// A scripted phone with one call at a time: for `ringwall phone` and the proof. Runs on the loop it was given.
class Phone {
 public:
  enum class State : std::uint8_t { idle, calling, ringing_out, incoming, answering, talking, over };

  static Result<std::unique_ptr<Phone>> create(runtime::SignallingLoop& loop, runtime::MediaEngine& media,
                                               PhoneOptions options);
  ~Phone();
  Phone(const Phone&) = delete;

  /// REGISTER; registered() or failure() tell how it went. `expires` 0 takes the registration back.
  void register_line(std::uint32_t expires = 300);
  void call(const std::string& number);
  /// Takes the waiting call. Fails if there is none or its offer cannot be accepted.
  Result<> answer();
  void hang_up();
  /// Closes the ports of a call that the peer ended; its figures are gone with them.
  void release_audio() { audio_.reset(); }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool registered() const { return registered_; }
  /// Why the last REGISTER or call failed: "403 Forbidden: 399 edge \"...\"", or why no connection could be made.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] int last_status() const { return last_status_; }
  [[nodiscard]] const std::string& interaction() const { return interaction_; }
  /// From call() or answer() on; after the peer hung up until the next call begins, after our hang_up() null.
  [[nodiscard]] AudioLeg* audio() { return audio_.get(); }
  [[nodiscard]] UserAgent& agent() { return *agent_; }
  /// The connection of the call, else of the registration; nothing if there is none.
  [[nodiscard]] std::optional<runtime::ConnectionView> connection() const;
  [[nodiscard]] const std::string& digits() const { return digits_; }
  void media_event(const media::Event& event);

 private:
  class Leg;
  friend class Leg;
  Phone(runtime::SignallingLoop& loop, runtime::MediaEngine& media, PhoneOptions options);
  [[nodiscard]] sip::Route route() const;
  [[nodiscard]] Result<> open_audio();
  void renew_keys();
  void incoming(const sip::IncomingInvite& invite);
  void completed(const sip::Completed& completed);

  runtime::SignallingLoop& loop_;
  runtime::MediaEngine& media_;
  PhoneOptions options_;
  std::unique_ptr<UserAgent> agent_;
  State state_ = State::idle;
  bool registered_ = false;
  std::string failure_, interaction_, registration_call_id_, waiting_offer_, digits_;
  int last_status_ = 0;
  sip::RequestId registering_;
  std::uint32_t asked_expires_ = 0;
  sip::LegId leg_;
  sip::FlowId flow_;
  bool awaiting_answer_ = false;
  bool renewing_ = false;  ///< our re-INVITE with fresh keys is out
  std::unique_ptr<AudioLeg> audio_;
};

}  // namespace ringwall::call
