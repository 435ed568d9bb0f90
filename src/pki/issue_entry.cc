#include "pki/issue_entry.h"

#include <boost/json.hpp>

#include <algorithm>

#include "base/text.h"
#include "crypto/digest.h"

namespace ringwall::pki {
namespace {

namespace json = boost::json;

json::object without_signature(const IssueEntry& entry) {
  return {{"number", entry.number},
          {"previous", entry.previous},
          {"time", print_wall_time(entry.time)},
          {"serial", entry.serial},
          {"name", entry.name},
          {"use", entry.use},
          {"not_after", print_wall_time(entry.not_after)},
          {"fingerprint", entry.fingerprint},
          {"issuer", entry.issuer}};
}

std::string signed_text(const IssueEntry& entry) {
  return json::serialize(without_signature(entry));
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

Result<json::value> parse_json(std::string_view line) {
  json::parse_options rules;
  rules.max_depth = 2;
  boost::system::error_code trouble;
  auto value = json::parse(line, trouble, {}, rules);
  if (trouble || !value.is_object()) return fail("the line is not a JSON object");
  return value;
}

}  // namespace

std::string no_previous_line() {
  return std::string(64, '0');
}

std::string digest_of_line(std::string_view line) {
  return print_hex(crypto::sha256(as_bytes(line)));
}

void sign_entry(IssueEntry& entry, const crypto::Issuer& issuing) {
  entry.issuer = issuing.certificate.sha256_fingerprint();
  entry.signature = print_hex(issuing.key.sign(as_bytes(signed_text(entry))));
}

bool is_signed(const IssueEntry& entry, const std::vector<crypto::Certificate>& issuers) {
  const auto signature = parse_hex(entry.signature);
  if (!signature || print_hex(*signature) != entry.signature) return false;  // capitals are another spelling
  return std::ranges::any_of(issuers, [&](const crypto::Certificate& issuer) {
    return issuer.sha256_fingerprint() == entry.issuer && issuer.verify(as_bytes(signed_text(entry)), *signature);
  });
}

std::string print_entry(const IssueEntry& entry) {
  auto object = without_signature(entry);
  object["signature"] = entry.signature;
  return json::serialize(object);
}

Result<IssueEntry> parse_entry(std::string_view line) {
  TRY(const auto value, parse_json(line));
  const auto& object = value.get_object();
  const auto* number = object.if_contains("number");
  if (number == nullptr || !number->is_int64() || number->get_int64() < 1) return fail("the line has no number");
  IssueEntry entry;
  entry.number = static_cast<std::uint64_t>(number->get_int64());
  entry.previous = text_of(object, "previous");
  TRY(entry.time, parse_wall_time(text_of(object, "time")));
  entry.serial = text_of(object, "serial");
  entry.name = text_of(object, "name");
  entry.use = text_of(object, "use");
  TRY(entry.not_after, parse_wall_time(text_of(object, "not_after")));
  entry.fingerprint = text_of(object, "fingerprint");
  entry.issuer = text_of(object, "issuer");
  entry.signature = text_of(object, "signature");
  if (print_entry(entry) != line) return fail("the line is not spelled as it was written");
  return entry;
}

}  // namespace ringwall::pki
