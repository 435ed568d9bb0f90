#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "sip/event/presence.h"
#include "sip/message/message.h"

namespace ringwall::sip::event {

struct PublicationLimits {
  std::chrono::seconds shortest = limits::registration_shortest;  ///< below it: 423 with Min-Expires
  std::chrono::seconds longest = limits::registration_longest;    ///< above it: cut down, and the default
  std::size_t per_entity = 8;                                     ///< documents of one presentity
  std::size_t documents = limits::sip_aors;
};

/// Presence documents that devices have published (RFC 3903). Sans-IO: who may publish for whom is the caller's
/// decision, made before; so is the Event header.
///
///   PUBLISH with body --> held (entity-tag) -- PUBLISH with SIP-If-Match --> refreshed or replaced (new entity-tag)
///                           `-- its time, or Expires 0 --> gone
class Publications {
 public:
  /// `random` makes entity-tags.
  explicit Publications(std::function<std::uint64_t()> random, PublicationLimits limits = {})
      : random_(std::move(random)), limits_(limits) {}

  struct Outcome {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    bool changed = false;  ///< what the entity's watchers see
  };
  /// Statuses: 200 with SIP-ETag and Expires, 400 for no or a malformed document, 412 for an entity-tag that is not
  /// held, 415 for another type, 423 for too short a time, 503 where a limit is hit. Anything but 200 changes nothing.
  Outcome publish(const Message& request, const std::string& entity, Time now);

  /// Documents of an entity, the newest first.
  [[nodiscard]] std::vector<const Presence*> of(const std::string& entity) const;
  /// Entities whose documents have changed because a time was over.
  std::vector<std::string> expire(Time now);
  [[nodiscard]] std::optional<Time> next_timer() const;
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Held {
    std::string tag;
    Presence document;
    Time ends{};
  };
  using Documents = std::vector<Held>;
  Outcome store(Documents& documents, std::optional<Presence> document, std::string_view match,
                std::chrono::seconds lifetime, Time now);

  std::function<std::uint64_t()> random_;
  PublicationLimits limits_;
  std::unordered_map<std::string, Documents> by_entity_;
  std::size_t count_ = 0;
};

}  // namespace ringwall::sip::event
