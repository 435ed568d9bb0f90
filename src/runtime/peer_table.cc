#include "runtime/peer_table.h"

#include <algorithm>

#include "runtime/tls_context_impl.h"

namespace ringwall::runtime {
namespace {

Result<std::shared_ptr<TlsServerContext>> build_server(const SipHostOptions& options) {
  TlsServerOptions server;
  server.identities.push_back(options.identity);
  server.identities.insert(server.identities.end(), options.more_identities.begin(), options.more_identities.end());
  server.anchors = options.incoming_anchors;
  for (const PeerPolicy& peer : options.peers)
    server.anchors.push_back(peer.anchors);
  server.tls_minimum = options.tls_minimum;
  server.certificate_optional = options.certificate_optional;
  server.ticket_keys = options.ticket_keys;
  server.debug_key_log = options.debug_key_log;
  return TlsServerContext::create(server);
}

}  // namespace

Result<PeerTable> PeerTable::build(const SipHostOptions& options) {
  PeerTable table;
  if (options.listen_tls || options.wss_port) {
    TRY(table.server_, build_server(options));
  }
  for (const PeerPolicy& peer : options.peers) {
    // The stricter of the two minimums holds; "1.2" < "1.3" as text.
    auto client = TlsClientContext::create({options.identity, peer.anchors, peer.names,
                                            std::max(peer.tls_minimum, options.tls_minimum), peer.tls_maximum,
                                            peer.ciphers, peer.groups, options.debug_key_log});
    if (!client) {
      Error why = std::move(client).error();
      why.what = "peer \"" + peer.peer + "\": " + why.what;
      return std::unexpected(std::move(why));
    }
    if (!table.clients_.emplace(peer.peer, std::move(*client)).second)
      return fail("two peers are called \"" + peer.peer + "\"", options.name, "give each its own name");
  }
  return table;
}

std::shared_ptr<TlsClientContext> PeerTable::client(const std::string& peer) const {
  const auto found = clients_.find(peer);
  return found == clients_.end() ? nullptr : found->second;
}

bool PeerTable::proves(const sip::TlsFacts& facts, const std::string& peer) const {
  const auto found = clients_.find(peer);
  if (found == clients_.end()) return false;
  const auto& impl = found->second->impl();
  const bool named = std::ranges::any_of(facts.peer_names, [&](const std::string& name) {
    return std::ranges::find(impl.names, name) != impl.names.end();
  });
  return named && impl.bounds.hold(facts) && impl.anchors.contains(facts.anchor) && facts.peer_not_after > wall_now();
}

}  // namespace ringwall::runtime
