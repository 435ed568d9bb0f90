#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/resolver.h"
#include "sip/transport/locate.h"

namespace ringwall::runtime {

/// Keeps at hand where names lead to, so that no call waits for DNS: each name is looked up when it is first wanted,
/// and again whenever its answers' time to live is over. While a look-up fails, what was found before stays (RFC 8767),
/// and it is tried again every few seconds. Lives on the signalling thread.
class Locator {
 public:
  /// `changed` is called from the loop whenever something was found, or found to be otherwise.
  Locator(SignallingLoop& loop, ResolverOptions options, std::function<void()> changed);
  ~Locator();
  Locator(const Locator&) = delete;

  /// From now on these are wanted, and no others.
  void want(const std::vector<sip::Wanted>& wanted);

  struct Found {
    std::optional<sip::Located> located;  ///< the last that was found
    std::string trouble;                  ///< why the last look-up failed; empty: it did not
    bool asked = false;                   ///< the first look-up is over
  };
  /// Nothing if it is not wanted.
  [[nodiscard]] const Found* find(const sip::Wanted& wanted) const;

 private:
  struct Entry;
  using Key = std::string;
  static Key key_of(const sip::Wanted& wanted);
  void look_up(const std::shared_ptr<Entry>& entry);
  void ask_on(const std::shared_ptr<Entry>& entry);
  void finish(const std::shared_ptr<Entry>& entry);

  SignallingLoop& loop_;
  ResolverOptions options_;
  std::function<void()> changed_;
  std::unique_ptr<Resolver> resolver_;  ///< made with the first name that needs it
  std::map<Key, std::shared_ptr<Entry>> entries_;
};

}  // namespace ringwall::runtime
