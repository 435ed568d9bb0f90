#include "cli/certificate_text.h"

#include <fmt/ranges.h>

#include <boost/json.hpp>

namespace ringwall::cli {
namespace {

constexpr std::chrono::days soon{30};

std::string days_text(std::chrono::seconds span) {
  const auto days = std::chrono::floor<std::chrono::days>(span).count();
  if (days > 0) return days == 1 ? "1 day" : fmt::format("{} days", days);
  const auto hours = std::chrono::floor<std::chrono::hours>(span).count();
  return hours == 1 ? "1 hour" : fmt::format("{} hours", hours);
}

std::string purposes_text(const crypto::CertificateFacts& facts) {
  if (facts.is_ca)
    return facts.path_length ? fmt::format("issues certificates ({} CAs below it)", *facts.path_length)
                             : "issues certificates";
  if (facts.purposes.empty()) return "any";
  std::vector<std::string> words;
  for (const auto& purpose : facts.purposes)
    words.push_back(purpose == "serverAuth" ? "TLS server" : purpose == "clientAuth" ? "TLS client" : purpose);
  return fmt::format("{}", fmt::join(words, ", "));
}

void print_line(std::ostream& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out << fmt::format("  {:<14}{}\n", name, value);
}

boost::json::array json_of(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

}  // namespace

std::string validity_text(WallTime not_before, WallTime not_after, WallTime now) {
  if (now < not_before) return "begins in " + days_text(not_before - now);
  if (now >= not_after) return "ended " + days_text(now - not_after) + " ago";
  return not_after - now < soon ? "ends in " + days_text(not_after - now) : "valid";
}

void print_certificate(std::ostream& out, const crypto::Certificate& certificate, WallTime now) {
  const auto& facts = certificate.facts();
  out << (facts.common_name.empty() ? facts.subject : facts.common_name) << '\n';
  print_line(out, "Subject", facts.subject);
  for (const auto& name : facts.dns_names)
    print_line(out, "DNS name", name);
  for (const auto& name : facts.uri_names)
    print_line(out, "URI", name);
  for (const auto& name : facts.ip_names)
    print_line(out, "IP address", name);
  if (!facts.is_ca) print_line(out, "SIP identity", fmt::format("{}", fmt::join(certificate.sip_identities(), ", ")));
  print_line(out, "Use", purposes_text(facts));
  print_line(out, "Issued by", facts.issuer == facts.subject ? "itself" : facts.issuer);
  print_line(out, "Begins", print_wall_time(facts.not_before));
  print_line(
      out, "Ends",
      fmt::format("{} ({})", print_wall_time(facts.not_after), validity_text(facts.not_before, facts.not_after, now)));
  print_line(out, "Key", fmt::format("{}, signed with {}", facts.key_type, facts.signature_type));
  print_line(out, "Serial", facts.serial);
  print_line(out, "SHA-256", facts.fingerprint);
}

boost::json::object certificate_json(const crypto::Certificate& certificate, WallTime now) {
  const auto& facts = certificate.facts();
  return {{"subject", facts.subject},
          {"issuer", facts.issuer},
          {"serial", facts.serial},
          {"not_before", print_wall_time(facts.not_before)},
          {"not_after", print_wall_time(facts.not_after)},
          {"state", validity_text(facts.not_before, facts.not_after, now)},
          {"dns_names", json_of(facts.dns_names)},
          {"uri_names", json_of(facts.uri_names)},
          {"ip_names", json_of(facts.ip_names)},
          {"sip_identities", facts.is_ca ? boost::json::array{} : json_of(certificate.sip_identities())},
          {"purposes", json_of(facts.purposes)},
          {"is_ca", facts.is_ca},
          {"key", facts.key_type},
          {"signature", facts.signature_type},
          {"sha256", facts.fingerprint}};
}

}  // namespace ringwall::cli
