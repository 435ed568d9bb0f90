#include "pki/issue_log.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "pki/atomic_file.h"
#include "pki/file_handle.h"

namespace ringwall::pki {
namespace {

constexpr std::size_t line_bytes = 4'096;  // our own lines have about 600
constexpr auto* restore = "restore the log from a backup and compare it with the certificates in use";

/// The last lines of a log: all that is needed to write the next one.
struct Tail {
  std::string last;       ///< the last finished line, without its line end; empty: there is none
  std::string torn;       ///< what follows it
  off_t end_of_last = 0;  ///< where `torn` begins
  [[nodiscard]] std::string next_previous() const { return last.empty() ? no_previous_line() : digest_of_line(last); }
};

Result<Tail> read_tail(int file, const std::filesystem::path& path) {
  struct stat facts{};
  if (::fstat(file, &facts) != 0) return system_failure("read", path);
  std::string text(std::min<std::size_t>(static_cast<std::size_t>(facts.st_size), 2 * line_bytes), '\0');
  const off_t start = facts.st_size - static_cast<off_t>(text.size());
  if (::pread(file, text.data(), text.size(), start) != static_cast<ssize_t>(text.size()))
    return system_failure("read", path);
  const auto end = text.rfind('\n');
  if (end == std::string::npos && start > 0)
    return fail("the end of the issue log is not a line", path.string(), restore);
  Tail tail;
  if (end == std::string::npos) {
    tail.torn = std::move(text);
    return tail;
  }
  const auto before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  if (before == std::string::npos && start > 0)
    return fail("the last line of the issue log is too long", path.string(), restore);
  const auto begin = before == std::string::npos ? 0 : before + 1;
  tail.last = text.substr(begin, end - begin);
  tail.torn = text.substr(end + 1);
  tail.end_of_last = start + static_cast<off_t>(end) + 1;
  return tail;
}

Result<void> keep_torn_text(const std::filesystem::path& log, const std::string& torn) {
  const auto path = std::filesystem::path(log).replace_extension(".torn");
  const FileHandle file(path, O_WRONLY | O_CREAT | O_APPEND, private_mode);
  if (!file.open() || !write_all(file.number(), as_bytes(torn + "\n")) || ::fsync(file.number()) != 0)
    return system_failure("keep the torn line", path);
  return {};
}

/// Makes the log end with a finished line.
Result<void> mend_torn_line(int file, const std::filesystem::path& log, Tail& tail, const crypto::Issuer& issuing) {
  const auto entry = parse_entry(tail.torn);
  if (entry && entry->previous == tail.next_previous() && is_signed(*entry, {issuing.certificate})) {
    if (!write_all(file, as_bytes("\n"))) return system_failure("finish the last line", log);
    log::warning("pki", "{}: finished the last line, whose line end was missing", log.string());
    tail.end_of_last += static_cast<off_t>(tail.torn.size()) + 1;
    tail.last = std::move(tail.torn);
  } else {
    TRY_VOID(keep_torn_text(log, tail.torn));
    if (::ftruncate(file, tail.end_of_last) != 0) return system_failure("take out the torn last line", log);
    log::warning("pki", "{}: moved a torn last line to log.torn; its certificate was never handed out", log.string());
  }
  tail.torn.clear();
  return {};
}

Result<std::uint64_t> next_number(const Tail& tail, const std::filesystem::path& log) {
  if (tail.last.empty()) return 1;
  const auto entry = parse_entry(tail.last);
  if (!entry) return fail("the last line of the issue log was changed: " + entry.error().what, log.string(), restore);
  return entry->number + 1;
}

/// Checks one line against the digest and number that it must carry.
std::string line_fault(const Result<IssueEntry>& entry, std::uint64_t number, const std::string& previous,
                       const std::vector<crypto::Certificate>& issuers) {
  if (!entry) return entry.error().what;
  if (entry->previous != previous)
    return "it does not carry the digest of the line before: that line, or this one, is not the one that was written";
  if (entry->number != number) return fmt::format("it has the number {} where {} is due", entry->number, number);
  if (!is_signed(*entry, issuers)) return "its signature is not that of the issuing CA";
  return {};
}

}  // namespace

IssueLogReport check_log(std::string_view text, const std::vector<crypto::Certificate>& issuers,
                         const std::string& where) {
  IssueLogReport report;
  std::string previous = no_previous_line();
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    if (!text.contains('\n')) {
      report.torn = text;
      break;
    }
    const std::string_view line = take_until(text, '\n');
    auto entry = parse_entry(line);
    if (auto fault = line_fault(entry, number, previous, issuers); !fault.empty())
      report.findings.push_back({"the issue log was changed: " + fault, fmt::format("{}:{}", where, number), restore});
    if (entry) report.entries.push_back(std::move(*entry));
    previous = digest_of_line(line);
  }
  return report;
}

std::string explain_torn(const IssueLogReport& report) {
  if (report.torn.empty()) return {};
  return fmt::format(
      "the last line of the issue log ends after {} bytes: the authority was stopped while it wrote it, so the "
      "certificate of "
      "that line was never handed out; the next issue mends the log",
      report.torn.size());
}

Result<void> append_to_log(const std::filesystem::path& log, IssueEntry& entry, const crypto::Issuer& issuing) {
  const FileHandle file(log, O_RDWR | O_CREAT | O_APPEND, private_mode);
  if (!file.open()) return system_failure("open the issue log", log);
  TRY(auto tail, read_tail(file.number(), log));
  if (!tail.torn.empty()) TRY_VOID(mend_torn_line(file.number(), log, tail, issuing));
  TRY(entry.number, next_number(tail, log));
  entry.previous = tail.next_previous();
  sign_entry(entry, issuing);
  const std::string line = print_entry(entry) + "\n";
  if (!write_all(file.number(), as_bytes(line)) || ::fsync(file.number()) != 0) {
    auto failure = system_failure("write the issue log", log);
    if (::ftruncate(file.number(), tail.end_of_last) != 0)
      log::error("pki", "{}: a part of a line may stay at the end; the next issue mends it", log.string());
    return failure;
  }
  return sync_folder(log.parent_path());
}

}  // namespace ringwall::pki
