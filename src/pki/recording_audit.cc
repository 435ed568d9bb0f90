#include "pki/recording_audit.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "crypto/digest.h"
#include "pki/atomic_file.h"
#include "pki/file_handle.h"

namespace ringwall::pki {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t audit_bytes = 268'435'456;

fs::path audit_file(const fs::path& site) {
  return site / "recordings" / "audit.jsonl";
}

std::string digest_of(std::string_view line) {
  return print_hex(crypto::sha256(as_bytes(line)));
}

/// The last whole line; a torn one behind it (the process was killed in it) is cut off, for what it says was not done.
Result<std::string> last_line(const FileHandle& file, const fs::path& path) {
  TRY(std::string text, read_file(path, audit_bytes));
  const auto end = text.rfind('\n');
  const std::size_t whole = end == std::string::npos ? 0 : end + 1;
  if (whole != text.size() && ::ftruncate(file.number(), static_cast<off_t>(whole)) != 0)
    return system_failure("cut the torn line off", path);
  if (whole == 0) return std::string();
  const auto before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  return text.substr(before == std::string::npos ? 0 : before + 1,
                     end - (before == std::string::npos ? 0 : before + 1));
}

}  // namespace

Result<> append_recording_act(const fs::path& site, const RecordingAct& act, WallTime now) {
  const fs::path path = audit_file(site);
  TRY_VOID(make_private_folder(path.parent_path()));
  TRY(const auto lock, FileLock::take(path.parent_path() / "audit.lock"));
  const FileHandle file(path, O_WRONLY | O_CREAT | O_APPEND, private_mode);
  if (!file.open()) return system_failure("open the audit", path);
  TRY(const std::string before, last_line(file, path));
  json::object line{{"time", print_wall_time(now)},
                    {"act", act.act},
                    {"recording", act.recording},
                    {"user", static_cast<std::uint64_t>(::getuid())}};
  for (const auto& [name, value] : act.detail)
    line[name] = value;
  line["previous"] = before.empty() ? std::string() : digest_of(before);
  if (!write_all(file.number(), as_bytes(json::serialize(line) + "\n")) || ::fsync(file.number()) != 0)
    return system_failure("write the audit", path);
  return {};
}

Result<std::size_t> check_recording_audit(const fs::path& site) {
  const fs::path path = audit_file(site);
  std::error_code trouble;
  if (!fs::exists(path, trouble)) return 0;
  TRY(const std::string text, read_file(path, audit_bytes));
  std::string_view rest = text;
  std::string expected;
  std::size_t number = 0;
  while (rest.find('\n') != std::string_view::npos) {
    const std::string_view line = take_until(rest, '\n');
    ++number;
    boost::system::error_code error;
    const auto parsed = json::parse(line, error);
    const auto* object = error ? nullptr : parsed.if_object();
    const auto* previous = object ? object->if_contains("previous") : nullptr;
    if (!previous || !previous->is_string() || previous->get_string() != expected)
      return fail("this line, or the one before it, was changed, put in or taken out",
                  fmt::format("{}:{}", path.string(), number), "compare it with a backup");
    expected = digest_of(line);
  }
  return number;
}

}  // namespace ringwall::pki
