#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/connection_view.h"
#include "runtime/signalling_loop.h"
#include "runtime/sip_transports.h"
#include "runtime/tls_context.h"
#include "sip/endpoint/endpoint.h"

namespace ringwall::runtime {

/// Hosts one sip::Endpoint: gives it sockets, clock, timers and randomness. Lives on the signalling thread.
///
///   auto host = SipHost::create(loop, options, [&](sip::Event event) { ... });
///   (*host)->endpoint().invite(outgoing, loop.now());
///   (*host)->flush();  // after any call of the endpoint from outside on_event
class SipHost {
 public:
  /// Opens the listeners. Events come one at a time, never inside create() and never inside another event's callback.
  static Result<std::unique_ptr<SipHost>> create(SignallingLoop& loop, SipHostOptions options,
                                                 std::function<void(sip::Event)> on_event);
  /// Called when a connection has ended, after the events that it caused; not for what close() ends.
  void on_flow_closed(std::function<void(sip::FlowId)> callback);
  ~SipHost();
  SipHost(const SipHost&) = delete;

  [[nodiscard]] sip::Endpoint& endpoint();
  /// Sends and reports what the endpoint has to send and report. Needed after calls from outside on_event; harmless
  /// else.
  void flush();

  /// Our listening address for that transport (port 0 if there is none): the real port, also if port 0 was asked for.
  [[nodiscard]] NetAddress local(sip::Transport transport) const;

  /// New handshakes use the new identity (or peers); live connections go on. On failure the old ones stay.
  Result<> set_identity(TlsIdentity identity);
  Result<> set_peers(std::vector<PeerPolicy> peers);

  /// What this owner knows of a source: it did harm, or it has proved who it is (see SourceGuard).
  void report_harm(const NetAddress& remote, Harm harm);
  void vouch(const NetAddress& remote);
  /// Ends a block before its time; false if there is none.
  bool unblock(std::string_view source);
  void set_sources(SourceRules rules);

  /// Ends one connection in order (`clear sip-ua connection`); false if there is none of that id.
  bool close_connection(sip::FlowId flow);
  void drain();  ///< accept no new connections; everything else goes on
  void close();  ///< close listeners and connections; the endpoint sees its flows close

  [[nodiscard]] HostView view() const;

 private:
  struct Core;
  explicit SipHost(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::runtime
