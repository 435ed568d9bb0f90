#include "message_text.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <strings.h>

#include <array>
#include <charconv>
#include <cstring>

namespace ringwall::bench {
namespace {

bool is_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view value_of(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  while (!line.empty() && line.front() == ' ')
    line.remove_prefix(1);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
    line.remove_suffix(1);
  return line;
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
  rest.remove_prefix(line.size());
  return line;
}

template <class Number>
Number number_of(std::string_view text) {
  Number out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string hash(const EVP_MD* kind, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, kind, nullptr);
  std::string out;
  for (unsigned int i = 0; i < size; ++i)
    fmt::format_to(std::back_inserter(out), "{:02x}", digest[i]);
  return out;
}

}  // namespace

std::size_t message_size(std::string_view stream) {
  std::size_t skipped = 0;
  while (stream.size() >= skipped + 2 && stream[skipped] == '\r' && stream[skipped + 1] == '\n')
    skipped += 2;
  const auto end = stream.find("\r\n\r\n", skipped);
  if (end == std::string_view::npos) return 0;
  std::string_view rest = stream.substr(skipped, end + 2 - skipped);
  std::size_t body = 0;
  while (!rest.empty())
    if (const auto line = take_line(rest); is_name(line, "Content-Length"))
      body = number_of<std::size_t>(value_of(line));
  return end + 4 + body <= stream.size() ? end + 4 + body : 0;
}

Received::Received(std::string_view message) {
  std::string_view rest = message;
  std::string_view line = take_line(rest);
  while (line == "\r\n")
    line = take_line(rest);
  if (line.starts_with("SIP/2.0 ")) {
    status = number_of<int>(line.substr(8, 3));
  } else {
    method = line.substr(0, line.find(' '));
  }
  while (!(line = take_line(rest)).empty() && line != "\r\n") {
    switch (line.front() | 0x20) {
      case 'v':
        if (is_name(line, "Via")) vias.push_back(line);
        break;
      case 'f':
        if (is_name(line, "From")) from = line;
        break;
      case 't':
        if (is_name(line, "To")) to = line, to_tag = line.find(";tag=") != std::string_view::npos;
        break;
      case 'r':
        if (is_name(line, "Record-Route")) record_routes.push_back(line);
        break;
      case 'w':
        if (is_name(line, "WWW-Authenticate") && (challenge.empty() || line.find("SHA-256") != std::string_view::npos))
          challenge = value_of(line);
        break;
      case 'c':
        if (is_name(line, "Call-ID")) id = line, call_id = value_of(line);
        if (is_name(line, "CSeq")) cseq = line;
        if (is_name(line, "Contact") && contact.empty()) {
          const auto begin = line.find('<');
          if (begin != std::string_view::npos) contact = line.substr(begin + 1, line.find('>') - begin - 1);
        }
        break;
      default:
        break;
    }
  }
  body = rest;
  if (status != 0) method = value_of(cseq).substr(value_of(cseq).find(' ') + 1);
  if (!vias.empty()) branch = parameter(value_of(vias.front()), "branch");
}

std::string_view parameter(std::string_view list, std::string_view name) {
  for (std::size_t at = 0; (at = list.find(name, at)) != std::string_view::npos; at += name.size()) {
    const bool begins = at == 0 || list[at - 1] == ';' || list[at - 1] == ',' || list[at - 1] == ' ';
    if (!begins || list.substr(at + name.size(), 1) != "=") continue;
    std::string_view value = list.substr(at + name.size() + 1);
    if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
    return value.substr(0, value.find_first_of(";, \r\n"));
  }
  return {};
}

std::string authorization(std::string_view challenge, const DigestLogin& login) {
  const std::string_view realm = parameter(challenge, "realm"), nonce = parameter(challenge, "nonce"),
                         opaque = parameter(challenge, "opaque"), algorithm = parameter(challenge, "algorithm");
  const bool counted = parameter(challenge, "qop").find("auth") != std::string_view::npos;
  const EVP_MD* kind = algorithm == "SHA-256" ? EVP_sha256() : EVP_md5();
  const std::string user = hash(kind, fmt::format("{}:{}:{}", login.user, realm, login.password));
  const std::string request = hash(kind, fmt::format("{}:{}", login.method, login.uri));
  const std::string part = counted ? fmt::format("{:08x}:5ccc069c403ebaf9:auth:", login.count) : std::string();
  const std::string response = hash(kind, fmt::format("{}:{}:{}{}", user, nonce, part, request));
  return fmt::format(
      "Authorization: Digest username=\"{}\",realm=\"{}\",nonce=\"{}\",uri=\"{}\",response=\"{}\"{}{}{}\r\n",
      login.user, realm, nonce, login.uri, response, algorithm.empty() ? "" : fmt::format(",algorithm={}", algorithm),
      opaque.empty() ? "" : fmt::format(",opaque=\"{}\"", opaque),
      counted ? fmt::format(",qop=auth,nc={:08x},cnonce=\"5ccc069c403ebaf9\"", login.count) : std::string());
}

}  // namespace ringwall::bench
