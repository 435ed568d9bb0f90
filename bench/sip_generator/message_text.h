#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall::bench {

/// Size of the first whole message of a stream; 0: more bytes are needed. Line ends before it count as a part of it.
std::size_t message_size(std::string_view stream);

/// What the generator looks at in a message. It trusts the servers that it measures, and reads no more than it needs.
struct Received {
  explicit Received(std::string_view message);

  int status = 0;           ///< 0: a request
  std::string_view method;  ///< of a response: from its CSeq
  std::string_view call_id;
  std::string_view from, to;   ///< whole lines with CRLF
  std::string_view cseq, id;   ///< the same of CSeq and Call-ID
  std::string_view contact;    ///< the URI in the first Contact
  std::string_view branch;     ///< of the first Via
  std::string_view challenge;  ///< value of the first WWW-Authenticate that names `wanted_algorithm`
  std::string_view body;
  std::vector<std::string_view> vias, record_routes;  ///< whole lines with CRLF
  bool to_tag = false;
};

/// The value of `name` in a list of parameters, without quotes.
std::string_view parameter(std::string_view list, std::string_view name);

/// Credentials for a digest challenge (RFC 8760; qop "auth" if the challenge offers it).
struct DigestLogin {
  std::string_view user, password, method, uri;
  std::uint32_t count = 1;  ///< nc
};
std::string authorization(std::string_view challenge, const DigestLogin& login);

}  // namespace ringwall::bench
