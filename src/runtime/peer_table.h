#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "runtime/sip_transports.h"
#include "runtime/tls_context.h"

namespace ringwall::runtime {

/// The TLS side of one element: what its listener shows and trusts, and what each peer must prove. Immutable: a change
/// builds a new table, and live connections keep the contexts that they began with.
class PeerTable {
 public:
  static Result<PeerTable> build(const SipHostOptions& options);

  [[nodiscard]] const std::shared_ptr<TlsServerContext>& server() const {
    return server_;
  }  ///< null without a listener
  [[nodiscard]] std::shared_ptr<TlsClientContext> client(const std::string& peer) const;  ///< null: unknown peer

  /// Whether a handshake's facts are what we would demand of that peer now: one of its names, one of its
  /// anchors, and its TLS version.
  [[nodiscard]] bool proves(const sip::TlsFacts& facts, const std::string& peer) const;

 private:
  std::shared_ptr<TlsServerContext> server_;
  std::map<std::string, std::shared_ptr<TlsClientContext>, std::less<>> clients_;
};

}  // namespace ringwall::runtime
