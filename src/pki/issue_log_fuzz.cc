#include "base/check.h"
#include "pki/issue_log.h"

using namespace ringwall;

/// A log of hostile text: what is read prints as it was, and without a signature of the CA nothing is believed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(Bytes(data, size));
  if (const auto entry = pki::parse_entry(text)) CHECK(pki::print_entry(*entry) == text);
  const auto report = pki::check_log(text, {}, "log.jsonl");
  CHECK(report.findings.size() + (report.torn.empty() ? 0 : 1) >= report.entries.size());
  CHECK(report.torn.empty() || !pki::explain_torn(report).empty());
  return 0;
}
