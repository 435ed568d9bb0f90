#include "sip/message/timer_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ringwall::sip {
namespace {

using grammar::skip_spaces;

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const std::string_view out(rest.data(), static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(out.size());
  return out;
}

/// Digits, and perhaps a point and more digits.
std::string_view take_decimal(std::string_view& rest) {
  std::string_view walk = rest;
  take_digits(walk);
  if (walk.starts_with('.')) {
    walk.remove_prefix(1);
    take_digits(walk);
  }
  const std::string_view out = rest.substr(0, rest.size() - walk.size());
  rest = walk;
  return out;
}

/// A number of exactly so many digits at a place of the date.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  return parse_unsigned<int>(text.substr(at, digits)).value_or(-1);
}

}  // namespace

Result<SessionExpires> parse_session_expires(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Session-Expires");
  const auto seconds = parse_delta_seconds(read.main);
  if (!seconds) return fail("it is not a number of seconds", "Session-Expires");
  SessionExpires out{*seconds, Refresher::unspecified, read.parameters};
  if (const auto refresher = read.parameters.find("refresher")) {
    const bool uac = grammar::same(*refresher, "uac");
    if (!uac && !grammar::same(*refresher, "uas")) return fail("its refresher is not uac or uas", "Session-Expires");
    out.refresher = uac ? Refresher::uac : Refresher::uas;
  }
  return out;
}

std::string print(const SessionExpires& value) {
  std::string out = std::to_string(value.seconds);
  if (value.refresher != Refresher::unspecified)
    out += value.refresher == Refresher::uac ? ";refresher=uac" : ";refresher=uas";
  return out;
}

Result<std::uint32_t> parse_min_se(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Min-SE");
  const auto seconds = parse_delta_seconds(read.main);
  if (!seconds) return fail("it is not a number of seconds", "Min-SE");
  return *seconds;
}

std::size_t comment_length(std::string_view text) {
  constexpr std::size_t deepest = 8;
  if (!text.starts_with('(')) return 0;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '(') {
      if (++depth > deepest) return 0;
    } else if (text[at] == ')' && --depth == 0) {
      return at + 1;
    }
  }
  return 0;
}

Result<RetryAfter> parse_retry_after(std::string_view value) {
  std::string_view rest = grammar::trim_spaces(value);
  const auto seconds = parse_delta_seconds(take_digits(rest));
  if (!seconds) return fail("it is not a number of seconds", "Retry-After");
  RetryAfter out{*seconds, {}, 0};
  skip_spaces(rest);
  if (rest.starts_with('(')) {
    const std::size_t length = comment_length(rest);
    if (length == 0) return fail("its comment does not end", "Retry-After");
    out.comment = rest.substr(1, length - 2);
    rest.remove_prefix(length);
  }
  Parameters parameters;
  if (const char* trouble = read_parameters(rest, parameters)) return fail(trouble, "Retry-After");
  if (const auto text = parameters.find("duration")) {
    const auto duration = parse_delta_seconds(*text);
    if (!duration) return fail("its duration is not a number of seconds", "Retry-After");
    out.duration = *duration;
  }
  return out;
}

Result<TimestampHeader> parse_timestamp(std::string_view value) {
  std::string_view rest = grammar::trim_spaces(value);
  TimestampHeader out;
  out.time = take_decimal(rest);
  if (out.time.empty() || out.time.front() == '.') return fail("it does not begin with a number", "Timestamp");
  if (rest.empty()) return out;
  if (!grammar::is_space(rest.front())) return fail("its time is not a number", "Timestamp");
  skip_spaces(rest);
  out.delay = take_decimal(rest);
  if (!rest.empty() || out.delay.empty()) return fail("its delay is not a number", "Timestamp");
  return out;
}

Result<std::chrono::sys_seconds> parse_date(std::string_view value) {
  using namespace std::chrono;
  const std::string_view text = grammar::trim_spaces(value);
  constexpr std::string_view form = "Sun, 00 Jan 0000 00:00:00 GMT";
  const auto trouble = [] { return fail("it is not a date such as \"Sat, 13 Nov 2010 23:29:00 GMT\"", "Date"); };
  if (text.size() != form.size() || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text[19] != ':' || text[22] != ':' || !grammar::same(text.substr(25), " GMT"))
    return trouble();
  const auto named = std::find_if(month_names.begin(), month_names.end(),
                                  [&](std::string_view month) { return grammar::same(month, text.substr(8, 3)); });
  const int hour = number_at(text, 17, 2);
  const int minute = number_at(text, 20, 2);
  const int second = number_at(text, 23, 2);
  const int day_of_month = number_at(text, 5, 2);
  const int year_number = number_at(text, 12, 4);
  const bool in_range = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
  if (named == month_names.end() || !in_range || day_of_month < 0 || year_number < 0) return trouble();
  const year_month_day date{year(year_number), month(static_cast<unsigned>(named - month_names.begin()) + 1),
                            day(static_cast<unsigned>(day_of_month))};
  if (!date.ok()) return trouble();
  const weekday week_day{sys_days(date)};
  if (!grammar::same(day_names[week_day.c_encoding()], text.substr(0, 3))) return trouble();
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

std::string print_date(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{time - midnight};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", day_names[weekday(midnight).c_encoding()],
                     static_cast<unsigned>(date.day()), month_names[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace ringwall::sip
