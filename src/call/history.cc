#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "call/element.h"
#include "call/identity.h"
#include "sip/message/identity_headers.h"

// What this site itself adds to the history of a call (RFC 7044).

namespace ringwall::call {
namespace {

constexpr std::string_view header = "History-Info";

/// An entry of the history so far.
struct Entry {
  std::size_t at = 0;  ///< among the headers
  std::string user, index;
};

std::vector<Entry> entries_of(const sip::Headers& headers) {
  std::vector<Entry> out;
  for (std::size_t at = 0; at < headers.size(); ++at) {
    if (headers[at].first != header) continue;
    const auto read = sip::parse_history_entry(headers[at].second);
    if (!read) continue;
    out.push_back({at, user_or_uri(read->target.uri), std::string(read->index.empty() ? "1" : read->index)});
  }
  return out;
}

/// The next index below `parent`: "1.1", then "1.2" (RFC 7044 section 10.3).
std::string next_below(const std::vector<Entry>& entries, const std::string& parent) {
  const std::string begin = parent + ".";
  const auto branches = std::ranges::count_if(entries, [&](const Entry& one) {
    return one.index.starts_with(begin) && one.index.find('.', begin.size()) == std::string::npos;
  });
  return begin + std::to_string(branches + 1);
}

std::string print(const CallerIdentity& caller, std::string_view number, const std::string& host,
                  const std::string& index) {
  if (caller.hides_history) return "<sip:anonymous@anonymous.invalid>;index=" + index;
  return fmt::format("<sip:{}@{}>;index={}", sip::escape_user(number), host, index);
}

/// The entry that stands for `number`, the latest of several.
const Entry* latest(const std::vector<Entry>& entries, std::string_view number) {
  const auto found =
      std::find_if(entries.rbegin(), entries.rend(), [&](const Entry& one) { return one.user == number; });
  return found == entries.rend() ? nullptr : &*found;
}

}  // namespace

void add_history(CallerIdentity& caller, std::string_view from, std::string_view to, const std::string& host) {
  std::vector<Entry> entries = entries_of(caller.headers);
  if (entries.size() + 2 > limits::sip_history_entries) return;
  // Anonymous entries cannot be told apart: what came before is taken for the last of them.
  const Entry* origin = caller.hides_history && !entries.empty() ? &entries.back() : latest(entries, from);
  std::string parent;
  if (origin != nullptr) {
    parent = origin->index;
  } else {
    parent = entries.empty() ? "1" : next_below(entries, entries.back().index);
    caller.headers.emplace_back(header, print(caller, from, host, parent));
  }
  const std::string index = next_below(entries, parent);
  caller.headers.emplace_back(header, print(caller, to, host, index) + ";mp=" + parent);
}

void end_history(CallerIdentity& caller, std::string_view number, int status) {
  const std::vector<Entry> entries = entries_of(caller.headers);
  const Entry* ended = latest(entries, number);
  if (ended == nullptr) return;
  std::string& value = caller.headers[ended->at].second;
  const auto end = value.find('>');
  if (value.find('?') < end) return;  // it has said so already
  value.insert(end, fmt::format("?Reason=SIP%3Bcause%3D{}", status));
}

}  // namespace ringwall::call
