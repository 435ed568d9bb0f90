#include "sip/transport/framing.h"

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/salvage.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view::size_type npos = std::string_view::npos;

/// The value of the one Content-Length among the header lines of a complete header section.
Result<std::size_t> read_content_length(std::string_view section) {
  std::optional<std::size_t> length;
  while (!section.empty()) {
    std::string_view line = take_until(section, '\n');
    const bool continued = line.starts_with(' ') || line.starts_with('\t');
    const auto colon = line.find(':');
    if (continued || colon == npos || parse_header_name(trim(line.substr(0, colon))) != HeaderName::content_length)
      continue;
    std::string value(line.substr(colon + 1));
    while (section.starts_with(' ') || section.starts_with('\t'))
      value += take_until(section, '\n');
    const auto number = parse_unsigned<std::size_t>(trim(value));
    if (!number) return fail("it is not a number", "Content-Length");
    if (length && *length != *number) return fail("the header is given twice", "Content-Length");
    length = number;
  }
  if (!length) return fail("the header is missing", "Content-Length", "RFC 3261 section 18.3 demands it on a stream");
  return *length;
}

}  // namespace

void StreamFramer::feed(std::string_view bytes) {
  if (broken_) return;
  if (start_ != 0) {
    buffer_.erase(0, start_);
    scanned_ -= start_;
    if (end_ != 0) end_ -= start_;
    start_ = 0;
  }
  buffer_ += bytes;
}

void StreamFramer::rest() {
  if (pending() != 0 || end_ != 0) return;
  buffer_ = {};
  start_ = scanned_ = 0;
}

Result<std::optional<Frame>> StreamFramer::poll() {
  if (broken_) return std::unexpected(*broken_);
  if (end_ == 0) {
    const Between between = skip_line_ends();
    if (between == Between::ping) return Frame{Frame::Kind::ping, std::string_view(buffer_).substr(start_ - 4, 4)};
    if (between == Between::unknown) return std::nullopt;
  }
  const auto complete = find_message_end();
  if (!complete) return std::unexpected(complete.error());
  if (!*complete) return std::nullopt;
  const Frame frame{Frame::Kind::message, std::string_view(buffer_).substr(start_, end_ - start_)};
  start_ = scanned_ = end_;
  end_ = 0;
  return frame;
}

/// Eats what may stand between messages. While it cannot be told yet whether a CRLF is half a ping, nothing is eaten.
StreamFramer::Between StreamFramer::skip_line_ends() {
  constexpr std::string_view ping = "\r\n\r\n";
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(start_);
    if (rest.starts_with(ping)) {
      start_ += ping.size();
      scanned_ = start_;
      return Between::ping;
    }
    if (ping.starts_with(rest)) return Between::unknown;  // also when nothing is there
    if (!rest.starts_with("\r\n")) return Between::message;
    start_ += 2;
    scanned_ = start_;
  }
}

/// From now on nothing more is cut; the whole lines that came of the message stay for broken().
std::unexpected<Error> StreamFramer::refuse(int status, Error why) {
  const std::size_t last_line = buffer_.rfind('\n', start_ + limits::sip_message_bytes - 1);
  buffer_.resize(last_line == npos ? start_ : std::max(start_, last_line + 1));
  refusal_ = status;
  broken_ = std::move(why);
  return std::unexpected(*broken_);
}

StreamFramer::Broken StreamFramer::broken() const {
  if (!broken_) return {};
  const std::string_view bytes = std::string_view(buffer_).substr(start_);
  const std::string header = broken_->where.empty() ? std::string() : broken_->where + ": ";
  return {bytes, {refusal_, header + broken_->what, can_be_answered(bytes)}};
}

/// Sets `end_` once the header section is complete; true when the whole message is there.
Result<bool> StreamFramer::find_message_end() {
  if (end_ == 0) {
    const auto empty_line = buffer_.find("\r\n\r\n", scanned_);
    const std::size_t header_bytes = empty_line == npos ? pending() : empty_line + 4 - start_;
    if (header_bytes > limits::sip_message_bytes) return refuse(513, {"Message larger than 65536 bytes", {}, {}});
    if (empty_line == npos) {
      scanned_ = std::max(start_, buffer_.size() < 3 ? 0 : buffer_.size() - 3);
      return false;
    }
    const auto length = read_content_length(std::string_view(buffer_).substr(start_, empty_line + 2 - start_));
    if (!length) return refuse(400, length.error());
    if (*length > limits::sip_message_bytes - header_bytes)
      return refuse(413, {"The body makes the message larger than 65536 bytes", {}, {}});
    end_ = start_ + header_bytes + *length;
  }
  return end_ <= buffer_.size();
}

}  // namespace ringwall::sip
