#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "call/server_group.h"
#include "call/user_agent.h"

namespace ringwall::call {

/// Asks the members of an element's server groups whether they are there, by OPTIONS over the very transport that calls
/// to them take: for a TLS member over TLS, with its certificate's name and anchor verified as for a call.
class Heartbeat {
 public:
  Heartbeat(UserAgent& agent, std::string host) : agent_(agent), host_(std::move(host)) {}

  void watch(std::vector<std::shared_ptr<ServerGroup>> groups);
  /// Asks whoever is due and logs the states that have changed. Call after anything was told to a group.
  void run();
  /// True if it was the answer to one of our questions.
  bool completed(const sip::Completed& completed);

 private:
  struct Question {
    std::shared_ptr<ServerGroup> group;
    Path path;
  };
  void ask(const std::shared_ptr<ServerGroup>& group, const Path& path);
  void report(ServerGroup& group) const;
  void arm();

  UserAgent& agent_;
  std::string host_;
  std::vector<std::shared_ptr<ServerGroup>> groups_;
  std::map<sip::RequestId, Question> questions_;
  runtime::LoopTimer timer_;
};

}  // namespace ringwall::call
