#include "base/time.h"

#include <ctime>

#include "base/text.h"

namespace ringwall {
namespace {

using namespace std::chrono;

Result<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return fail("a time is cut short");
  const auto value = parse_unsigned<unsigned>(text.substr(at, count));
  if (!value) return fail("a time holds something that is not a digit");
  return static_cast<int>(*value);
}

}  // namespace

std::string print_wall_time(WallTime time) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Result<WallTime> parse_wall_time(std::string_view text) {
  const auto bad = [&] {
    return fail(fmt::format("'{}' is not a date", text), {}, "write it as 2026-12-31 or 2026-12-31T23:59:59Z");
  };
  const bool whole = text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z';
  if ((text.size() != 10 && !whole) || text[4] != '-' || text[7] != '-') return bad();
  const auto y = digits(text, 0, 4), m = digits(text, 5, 2), d = digits(text, 8, 2);
  if (!y || !m || !d) return bad();
  const year_month_day date{year{*y}, month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return bad();
  WallTime out = sys_days(date);
  if (whole) {
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return bad();
    out += hours(*hour) + minutes(*minute) + seconds(*second);
  }
  return out;
}

WallTime wall_now() {
  return floor<seconds>(system_clock::now());
}

}  // namespace ringwall
