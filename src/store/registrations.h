#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ringwall::store {

class Database;

/// One binding of an address of record to a contact (RFC 3261 section 10, RFC 5626).
struct Binding {
  std::string address_of_record;  ///< "sip:1001@ringwall.test"
  std::string contact;            ///< contact URI
  std::string instance;           ///< +sip.instance, or empty
  std::uint32_t reg_id = 0;       ///< RFC 5626 reg-id; 0: none
  std::string call_id;
  std::uint32_t cseq = 0;
  WallTime expires{};
  std::string path;       ///< Path header values (RFC 3327), or empty
  std::string peer;       ///< who registered: the phone's verified certificate name
  std::string remote;     ///< "127.18.133.75:41002": where it came from
  std::string transport;  ///< "TLS"
  std::string user_agent;
  friend bool operator==(const Binding&, const Binding&) = default;
};

/// The location table. A binding is known by address of record, contact, instance and reg-id. Every call is one durable
/// transaction.
class Registrations {
 public:
  explicit Registrations(Database& database) : database_(database) {}
  Result<> put(const Binding& binding);  ///< inserts or replaces
  Result<> remove(const Binding& binding);
  Result<> remove_all(std::string_view address_of_record);
  Result<std::vector<Binding>> of(std::string_view address_of_record);
  Result<std::vector<Binding>> all();
  Result<std::size_t> remove_expired(WallTime now);  ///< those whose `expires` is at or before `now`; returns how many

 private:
  Database& database_;
};

}  // namespace ringwall::store
