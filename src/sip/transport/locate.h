#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sip/message/uri.h"
#include "sip/transport/dns_record.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

enum class IpFamily : std::uint8_t { v4, v6 };

/// What is to be reached, and what we may use on the way.
struct Wanted {
  std::string host;                    ///< a name, or an IP address without brackets
  std::uint16_t port = 0;              ///< 0: not said
  std::optional<Transport> transport;  ///< that a URI's `transport` parameter asks for
  std::vector<Transport> transports;   ///< that we may use, the preferred one first; never empty
  std::vector<IpFamily> families{IpFamily::v6, IpFamily::v4};  ///< that our sockets can reach, preferred first
};

/// Reads a SIP or SIPS URI. For a SIPS URI only the secure ones of `transports` remain (RFC 3261 section 26.2.2, RFC
/// 5630 section 4). Fails if nothing remains, or if the URI asks for a transport that is none of them.
Result<Wanted> wanted_of(const Uri& uri, std::vector<Transport> transports);

/// Where it is.
struct Located {
  struct Host {
    Transport transport = Transport::tls;
    unsigned rank = 0;                       ///< of its service: all of a lower rank are tried first
    std::uint16_t priority = 0, weight = 0;  ///< RFC 2782
    std::uint16_t port = 0;
    std::string name;                    ///< for people; proves nothing
    std::vector<std::string> addresses;  ///< preferred family first
  };
  /// The domain that was asked for: what a certificate there must be for (RFC 5922 section 4), never the name that an
  /// SRV record led to.
  std::string name;
  std::vector<Host> hosts;
  std::chrono::seconds ttl{0};  ///< how long this holds; nothing was asked for an address: years
  bool secure = false;          ///< every answer on the way was validated by DNSSEC
};

/// One address to try.
struct Spot {
  Transport transport = Transport::tls;
  NetAddress address;
  friend auto operator<=>(const Spot&, const Spot&) = default;
};

/// All of them in the order of trying: by service, then drawn by priority and weight anew each time (RFC 2782). At most
/// limits::locate_targets.
std::vector<Spot> order(const Located& located, const std::function<std::uint64_t()>& random);

/// Finds the servers of one name by NAPTR, SRV, A and AAAA records (RFC 3263 section 4). Sans-IO: ask what poll() says,
/// tell the answers in any order, until result() is there.
///
///   naptr --none or unusable--> srv of each transport --none--> addresses of the name itself
///     '--usable--> srv of each replacement ------'--> addresses of each target ----> done
///
/// A numeric host, or a name with a port, skips what it does not need.
class Locate {
 public:
  explicit Locate(Wanted wanted);

  std::optional<DnsQuestion> poll();
  void answer(const DnsQuestion& question, const DnsAnswer& answer);
  /// Empty while answers are missing. The error says which name has no address, and why.
  [[nodiscard]] const std::optional<Result<Located>>& result() const { return result_; }

 private:
  enum class Stage : std::uint8_t { naptr, srv, addresses };
  /// A service of the domain: one transport at one SRV name.
  struct Service {
    Transport transport;
    std::string name;
  };

  void begin();
  void ask(std::string name, RecordType type);
  void ask_services();
  void ask_addresses();
  void take_pointers(const DnsAnswer& answer);
  void take_services();
  void add_host(Transport transport, unsigned rank, const SrvRecord& record);
  void finish();
  void fail_with(std::string why);
  void numeric(std::string ip);
  [[nodiscard]] bool may_use(Transport transport) const;

  Wanted wanted_;
  Stage stage_ = Stage::addresses;
  std::vector<Service> services_;
  std::vector<DnsQuestion> unasked_;
  std::map<DnsQuestion, std::optional<DnsAnswer>> questions_;
  std::size_t waiting_ = 0;
  Located located_;
  std::string trouble_;  ///< the first answer that failed
  std::optional<Result<Located>> result_;
};

}  // namespace ringwall::sip
