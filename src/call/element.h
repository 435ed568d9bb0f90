#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "call/digest_accounts.h"
#include "call/user_agent.h"
#include "call/ways_out.h"
#include "policy/admission.h"
#include "policy/anchors.h"
#include "policy/site.h"
#include "runtime/media_engine.h"

namespace ringwall::runtime {
class RecordingWriter;
}

namespace ringwall::call {

/// The configuration in force. A reload replaces the pointers; calls that run keep what they were admitted with.
struct SiteInForce {
  std::shared_ptr<const policy::Site> site;
  std::shared_ptr<const policy::Anchors> anchors;
};

/// Something that happened to an interaction, for the one event log: detail is a list of names and values.
using RecordEvent = std::function<void(const std::string& interaction, std::string_view kind,
                                       const std::vector<std::pair<std::string_view, std::string>>& detail)>;

/// What every element is given.
struct ElementContext {
  runtime::SignallingLoop& loop;
  runtime::MediaEngine& media;
  std::shared_ptr<const SiteInForce> in_force;
  RecordEvent record;
  bool debug_key_log = false;
  runtime::RecordingWriter* recordings = nullptr;  ///< none: nothing is recorded
};

/// What an unproven peer is answered.
struct Objection {
  sip::Headers challenge = {};  ///< of a 401; empty: the refusal
  policy::Refusal refusal = {};
  bool guessed = false;  ///< refused for a secret that is wrong
};

/// A SIP element of the site: its user agent with the site's identities and peers, and who may speak to it.
class Element {
 public:
  Element(ElementContext context, std::string name);
  virtual ~Element() = default;
  Element(const Element&) = delete;

  /// Opens the listeners with the element's certificates from <site>/pki/elements/<name>.
  Result<> start();
  /// The configuration in force has changed.
  virtual Result<> reload();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] UserAgent& agent() { return *agent_; }
  [[nodiscard]] const UserAgent& agent() const { return *agent_; }
  [[nodiscard]] const policy::Site& site() const { return *context_.in_force->site; }
  [[nodiscard]] const policy::Element& self() const;
  [[nodiscard]] ElementContext& context() { return context_; }
  [[nodiscard]] Time now() const { return context_.loop.now(); }

  /// While draining, new calls from trunks and phones are refused (503); those that run go on, and so does what other
  /// elements need for them.
  void drain() {
    draining_ = true;
    agent_->drain();
  }

  /// What calls to server groups, trunks and other elements are sent through.
  [[nodiscard]] WaysOut& ways_out() { return *ways_out_; }
  void record(const std::string& interaction, std::string_view kind,
              const std::vector<std::pair<std::string_view, std::string>>& detail) const;

 protected:
  virtual void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) = 0;
  /// SIP option tags that a Require may name.
  [[nodiscard]] virtual std::string supported() const { return {}; }
  /// Methods that it takes; others are answered 405.
  [[nodiscard]] virtual std::string allow() const { return "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"; }
  /// Which provisional responses are sent reliably (RFC 3262).
  [[nodiscard]] virtual sip::Reliability reliability() const { return sip::Reliability::on_request; }
  /// Event packages that it serves (RFC 6665); a SUBSCRIBE for another one is answered 489.
  [[nodiscard]] virtual std::string allow_events() const { return {}; }
  virtual void on_subscribe(const sip::IncomingSubscribe&, const policy::Admitted&) {}
  virtual void on_refreshed(const sip::SubscriptionRefreshed&) {}
  virtual void on_subscription_ended(const sip::SubscriptionEnded&) {}
  /// A request outside a dialog that is no OPTIONS. Default: 405.
  virtual void on_request(const sip::IncomingRequest& request, const policy::Admitted& peer);
  /// Who an unproven peer has proven to be, by the credentials in its request.
  virtual std::expected<policy::Admitted, Objection> prove(const sip::Flow& flow, const sip::Message& request);
  /// A connection has ended.
  virtual void on_flow_closed(sip::FlowId) {}
  /// A request of ours outside a dialog, but for heartbeats, has been answered.
  virtual void on_completed(const sip::Completed&) {}

 private:
  [[nodiscard]] runtime::SipHostOptions host_options() const;
  [[nodiscard]] runtime::SourceRules source_rules() const;
  [[nodiscard]] bool knows(const sip::Flow& flow) const;
  void blame(const sip::Flow& flow, const Objection& objection);
  [[nodiscard]] std::vector<runtime::PeerPolicy> peers() const;
  [[nodiscard]] std::expected<policy::Admitted, Objection> admit(const sip::Flow& flow, const sip::Message& request);

  ElementContext context_;
  std::string name_;
  std::unique_ptr<UserAgent> agent_;
  std::unique_ptr<WaysOut> ways_out_;
  TrunkDigest trunk_digest_;
  std::size_t clear_listeners_ = 0;
  bool certificate_optional_ = false;
  bool draining_ = false;
};

/// What the peer at the other end of a flow has shown.
policy::Presented presented_by(const sip::Flow& flow);

/// A fresh name for a caller's visit: 32 hex digits, as Session-ID wants them.
std::string new_interaction();
/// The interaction that a request or response of another element belongs to: the local UUID of its Session-ID (RFC
/// 7989), or a new one. What trunks and phones write there is not asked: two visits must not share a name.
std::string interaction_of(const sip::Message& message);
std::string interaction_of(const sip::Message& message, const policy::Admitted& peer);
sip::Headers interaction_header(const std::string& interaction);
/// What an INVITE that goes on because of `invite` carries: the interaction, and one forward less (RFC 3261
/// section 16.6), so that a loop over several elements comes to its end.
sip::Headers onward_headers(const sip::Message& invite, const std::string& interaction);

/// The body if it is a session description (also inside a multipart body), else "".
std::string_view sdp_of(const sip::Message& message);

/// user@host without parameters, for lists: "6016", "sip:1001@ringwall.test".
std::string user_or_uri(const sip::Uri& uri);

}  // namespace ringwall::call
