#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

/// The DNS records that lead to a SIP server (RFC 3263), and how they are read.
namespace ringwall::sip {

enum class RecordType : std::uint16_t { a = 1, aaaa = 28, srv = 33, naptr = 35 };
std::string_view print(RecordType type);  ///< "A", "AAAA", "SRV", "NAPTR"

struct DnsQuestion {
  std::string name;  ///< lower case, without the last dot
  RecordType type = RecordType::a;
  friend auto operator<=>(const DnsQuestion&, const DnsQuestion&) = default;
};

/// RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string target;  ///< empty: the service is decidedly not available
};

/// RFC 3403 section 4.
struct NaptrRecord {
  std::uint16_t order = 0, preference = 0;
  std::string flags, service, regexp, replacement;
};

/// What became of a question. Without trouble and without records: there are none.
struct DnsAnswer {
  std::vector<std::string> addresses;  ///< of A and AAAA, as the kernel prints them
  std::vector<SrvRecord> services;
  std::vector<NaptrRecord> pointers;
  std::chrono::seconds ttl{0};
  bool secure = false;  ///< validated by DNSSEC
  bool bogus = false;   ///< DNSSEC says that it was tampered with: there are no records then
  std::string trouble;  ///< why nothing is known: "no answer in 5 s"; empty: the question was answered
};

/// Adds one record to the answer from its data in wire format, names not compressed (RFC 1035 section 3.2.1, RFC 2782,
/// RFC 3403). An error leaves the answer as it was. Records beyond limits::dns_records are left out.
Result<> add_record(DnsAnswer& answer, RecordType type, Bytes data);

}  // namespace ringwall::sip
