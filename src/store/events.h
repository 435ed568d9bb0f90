#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ringwall::store {

class Database;

/// One thing that happened to an interaction. Never changed, never deleted by the program.
struct EventRecord {
  std::uint64_t id = 0;  ///< given by the store; grows
  WallTime time{};
  std::string interaction;    ///< may be empty for events of an agent alone
  std::string kind;           ///< "enqueued", "reserved", "answered", ...
  std::string detail = "{}";  ///< a JSON object
  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

/// A JSON object of strings: {"agent":"1001"}. For `detail`.
std::string json_object(const std::vector<std::pair<std::string_view, std::string_view>>& members);

/// The interaction event log. Every call is one durable transaction.
class Events {
 public:
  explicit Events(Database& database) : database_(database) {}
  Result<std::uint64_t> append(const EventRecord& event);             ///< returns the id that it got
  Result<std::vector<EventRecord>> of(std::string_view interaction);  ///< oldest first
  /// At most `limit` events with a greater id, oldest first.
  Result<std::vector<EventRecord>> since(std::uint64_t id, std::size_t limit);

 private:
  Database& database_;
};

}  // namespace ringwall::store
