#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ringwall::store {

class Database;

/// An interaction's place in a queue, kept until it is answered, leaves, or is lost.
struct QueuePlace {
  std::string interaction;
  std::string skill_group;
  WallTime enqueued{};
  int priority = 0;            ///< higher goes first
  std::uint64_t sequence = 0;  ///< order of arrival within one second
  friend bool operator==(const QueuePlace&, const QueuePlace&) = default;
};

/// One row per waiting interaction. Every call is one durable transaction.
class QueuePlaces {
 public:
  explicit QueuePlaces(Database& database) : database_(database) {}
  Result<> put(const QueuePlace& place);  ///< inserts or replaces
  Result<> remove(std::string_view interaction);
  Result<> remove_all();
  Result<std::vector<QueuePlace>> all();  ///< in order of service: priority, then arrival

 private:
  Database& database_;
};

}  // namespace ringwall::store
