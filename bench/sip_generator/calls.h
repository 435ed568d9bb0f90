#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "channel.h"
#include "message_text.h"
#include "tally.h"

namespace ringwall::bench {

/// The called side: 180 and 200 to each INVITE, 200 to each BYE, each message written by itself. Counts copies.
class Answerer : public ChannelOwner {
 public:
  Answerer(Reactor& reactor, const LoadOptions& options, SSL_CTX* context);
  void received(Channel& channel, std::string_view message) override;
  void closed(Channel&) override {}
  [[nodiscard]] std::size_t copies() const { return copies_; }

 private:
  void answer(Channel& channel, const Received& request, int status);

  std::string contact_, description_, out_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<Channel> datagrams_;
  std::unordered_set<std::size_t> seen_;  ///< hashes of branch and method
  std::size_t copies_ = 0;
};

/// The calling side: INVITE, ACK and BYE as soon as it is answered; the call is good when the BYE is answered 200.
class Caller : public ChannelOwner {
 public:
  Caller(Reactor& reactor, const LoadOptions& options, SSL_CTX* context, SSL_CTX* answerer_context);
  /// Opens the connections, makes the calls at the rate, waits for the last ones.
  Tally run();

  void opened(Channel&) override { ++open_; }
  void received(Channel& channel, std::string_view message) override;
  void closed(Channel& channel) override;

 private:
  enum class State : std::uint8_t { idle, inviting, ending };
  struct Call {
    State state = State::idle;
    bool counted = false;
    std::uint8_t sent_again = 0;
    std::uint32_t channel = 0;
    Time began{}, again{};
    std::string pending;  ///< over UDP: what is repeated until it is answered
    std::string ack;
  };

  void connect();
  void begin_due();
  void begin(std::size_t index);
  void answered(Channel& channel, Call& call, std::size_t index, const Received& response);
  void end(Call& call, const std::string& failure);
  void repeat();
  void send(Call& call, std::string_view bytes);
  [[nodiscard]] std::string via(const Channel& channel, std::size_t index, std::string_view method) const;

  Reactor& reactor_;
  LoadOptions options_;
  SSL_CTX* context_;
  Answerer answerer_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<Call> calls_;
  std::string description_, run_;
  Meter meter_;
  Tally tally_;
  Time first_{};
  std::size_t open_ = 0, begun_ = 0, ended_ = 0, oldest_ = 0;
  bool is_udp_;
};

}  // namespace ringwall::bench
