#include "sdp/line_reader.h"

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sdp {

Result<bool> LineReader::next() {
  if (rest_.empty()) return false;
  if (++number_ > limits::sdp_lines) return mistake("there are more than 512 lines");
  std::string_view line = take_until(rest_, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() && rest_.empty()) return false;
  constexpr std::string_view harmful{"\r\0", 2};
  if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' ||
      line.find_first_of(harmful) != std::string_view::npos)
    return mistake("it is not a letter, '=' and a value");
  type_ = line[0];
  value_ = line.substr(2);
  return true;
}

std::unexpected<Error> LineReader::mistake(std::string what) const {
  return fail(std::move(what), fmt::format("SDP line {}", number_));
}

std::string_view take_word(std::string_view& text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  return take_until(text, ' ');
}

}  // namespace ringwall::sdp
