#pragma once

#include <memory>
#include <vector>

#include "channel.h"
#include "tally.h"

namespace ringwall::bench {

/// Connections for their own sake: handshakes one after the other, and connections that rest.
class Connections : public ChannelOwner {
 public:
  Connections(Reactor& reactor, const LoadOptions& options, SSL_CTX* context);
  ~Connections() override;
  /// Handshakes, `in_flight` at once; each connection closes when the server's ticket has come. With `resume` each but
  /// the first ones offers the newest ticket.
  Tally handshakes();
  /// Opens `count` connections and measures what one of them holds while it rests.
  Tally rest();

  void opened(Channel& channel) override;
  void received(Channel&, std::string_view) override {}
  void closed(Channel& channel) override;
  void got_ticket(Channel& channel) override;

 private:
  void begin();
  void finish(Channel& channel, const char* failure);

  Reactor& reactor_;
  LoadOptions options_;
  SSL_CTX* context_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<Time> began_;
  std::vector<std::size_t> free_;
  SSL_SESSION* session_ = nullptr;
  bool resting_ = false;
  Meter meter_;
  Tally tally_;
  std::size_t begun_ = 0, ended_ = 0, open_ = 0;
};

}  // namespace ringwall::bench
