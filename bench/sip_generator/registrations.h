#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "channel.h"
#include "message_text.h"
#include "tally.h"

namespace ringwall::bench {

/// Phones that register: REGISTER, 401, REGISTER with credentials, 200. The registration is good at the 200.
class Registrations : public ChannelOwner {
 public:
  Registrations(Reactor& reactor, const LoadOptions& options, SSL_CTX* context);
  /// One phone on each connection registers again and again; the rate is that of all together.
  Tally refresh();
  /// `count` phones register once over the connections: what a binding costs in memory.
  Tally bind();

  void opened(Channel&) override { ++open_; }
  void received(Channel& channel, std::string_view message) override;
  void closed(Channel& channel) override;

 private:
  struct Line {
    std::unique_ptr<Channel> channel;
    std::size_t user = 0;  ///< who registers now
    std::uint32_t cseq = 0;
    bool busy = false, counted = false, authorized = false;
    Time began{};
  };

  void connect();
  void begin(Line& line, std::size_t user, bool counted);
  void send(Line& line, const std::string& authorization);
  void end(Line& line, const std::string& failure);
  bool give_up_late();

  Reactor& reactor_;
  LoadOptions options_;
  SSL_CTX* context_;
  std::string run_;
  std::vector<Line> lines_;
  Tally tally_;
  std::size_t open_ = 0, ended_ = 0;
};

}  // namespace ringwall::bench
