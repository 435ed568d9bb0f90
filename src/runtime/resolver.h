#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "base/net_address.h"
#include "runtime/signalling_loop.h"
#include "sip/transport/dns_record.h"

namespace ringwall::runtime {

struct ResolverOptions {
  std::vector<NetAddress> name_servers;           ///< asked instead of those of the system (/etc/resolv.conf)
  std::filesystem::path trust_anchor;             ///< DNSSEC root key; empty: the system's, if there is one
  Duration time = limits::dns_time;               ///< after which a question counts as unanswered
  std::size_t questions = limits::dns_questions;  ///< under way at once; more fail
};

/// Asks DNS by libunbound, which validates DNSSEC if it is given a trust anchor, and keeps answers for their time to
/// live. Lives on the signalling thread; answers come from the loop, never inside ask().
class Resolver {
 public:
  using Answered = std::function<void(const sip::DnsAnswer&)>;

  static Result<std::unique_ptr<Resolver>> create(SignallingLoop& loop, ResolverOptions options);
  ~Resolver();  ///< what is not answered yet never will be
  Resolver(const Resolver&) = delete;

  /// Every question is answered once: with records, with none, or with `trouble`.
  void ask(const sip::DnsQuestion& question, Answered answered);
  [[nodiscard]] std::size_t under_way() const;

 private:
  struct Core;
  explicit Resolver(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::runtime
