#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sip/message/message.h"

namespace ringwall::sip {

/// What a byte stream held next.
struct Frame {
  enum class Kind { message, ping };
  Kind kind = Kind::message;
  std::string_view bytes;  ///< a whole message for Message::parse; valid until the next feed()
};

/// Cuts a stream into SIP messages by Content-Length (RFC 3261 section 18.3) and finds the keep-alives of RFC 5626
/// section 4.4.1: a double CRLF is a ping (answer it with CRLF); a single CRLF between messages (a pong) is eaten.
class StreamFramer {
 public:
  /// Appends what was received. Views from poll() die here.
  void feed(std::string_view bytes);

  /// The next frame, nothing if more bytes are needed, or why the connection must be closed: header section or body too
  /// large, Content-Length missing, wrong or given twice differently. After an error every poll() gives the same one.
  Result<std::optional<Frame>> poll();
  /// After an error: the whole lines that came of the broken message, and how it is to be refused before the connection
  /// is closed (RFC 3261 sections 18.3, 21.4.1, 21.4.11, 21.5.7). The view dies with the next feed().
  struct Broken {
    std::string_view bytes;
    ParseError refusal;
  };
  [[nodiscard]] Broken broken() const;

  /// Gives its memory back if nothing waits in it.
  void rest();

  /// Bytes that wait for the rest of their message.
  [[nodiscard]] std::size_t pending() const { return broken_ ? 0 : buffer_.size() - start_; }

 private:
  enum class Between { message, ping, unknown };
  Between skip_line_ends();
  Result<bool> find_message_end();
  std::unexpected<Error> refuse(int status, Error why);

  std::string buffer_;
  std::size_t start_ = 0;    ///< first byte not yet handed out
  std::size_t scanned_ = 0;  ///< where the search for the empty line goes on
  std::size_t end_ = 0;      ///< end of the current message once its header section is complete, else 0
  int refusal_ = 0;          ///< status that the broken message is to be refused with
  std::optional<Error> broken_;
};

}  // namespace ringwall::sip
