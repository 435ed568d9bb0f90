#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "voice_browser/vxml_document.h"

/// The Form Interpretation Algorithm (VoiceXML 2.0 appendix C) for one caller. Sans-IO: after any call drain poll() and
/// arrange expire() at next_timer().
///
/// Prompts are queued until the page waits for keys, so that a key stops all of them; they are played out before the
/// page is left, ended, or comes back to a form that it has been to since it last waited (music in a loop).
///
///   start --> running --(field)------> collecting --digits/timeout--> running
///             running --(goto)-------> playing out --play_finished--> running
///             running --(other page)-> loading -------loaded--------> running
///             any     --(exit, hung up, unhandled error)-----------> finished
namespace ringwall::voice_browser::vxml {

/// One thing to play: the first source that can be read, or so much silence.
struct Clip {
  std::vector<std::string> sources;
  milliseconds silence{0};
  friend bool operator==(const Clip&, const Clip&) = default;
};

/// Play these one after another, then call play_finished(). Never empty.
struct Play {
  std::vector<Clip> clips;
  bool bargein = true;  ///< a digit will stop it (StopPlay follows)
};
/// Stop what is playing; no play_finished() is expected for it, and one that comes late does no harm if it is not
/// passed on.
struct StopPlay {};
/// From now on digits count; for `show` and tests (timers come from next_timer()).
struct Collect {
  std::string field;
  milliseconds timeout, interdigit_timeout;
};
/// Load the page and call loaded().
struct Load {
  std::string uri;
};
using NamedValues = std::vector<std::pair<std::string, std::string>>;
/// The end: nothing follows. RFC 5552 section 4: the values go into the BYE.
struct Exit {
  NamedValues values;
  std::string error;  ///< the event that nothing caught ("error.semantic: ..."), or empty
};
/// Hang up on the caller, with these values in the BYE. Exit follows.
struct Disconnect {
  NamedValues values;
};
/// A line for the log: digits that come from variables are masked.
struct Log {
  std::string text;
};
using Output = std::variant<Play, StopPlay, Collect, Load, Exit, Disconnect, Log>;

/// `session.` variables (VoiceXML 2.0 section 5.1.4, RFC 5552 section 2.4) by their full names, e.g.
/// {"session.connection.remote.uri", "sip:4711@carrier.ringwall.test"}.
using SessionVariables = std::map<std::string, std::string>;

class Interpreter {
 public:
  explicit Interpreter(SessionVariables session = {});
  ~Interpreter();
  Interpreter(Interpreter&&) noexcept;
  Interpreter& operator=(Interpreter&&) noexcept;

  /// Begins with this page, at its form `fragment` (empty: the first). Once.
  void start(DocumentPtr document, Time now, std::string_view fragment = {});
  void loaded(Result<DocumentPtr> document, Time now);  ///< answers Load
  void play_finished(Time now);                         ///< answers Play
  void digit(char digit, Time now);                     ///< 0-9 * # A-D; anything else is ignored
  void expire(Time now);
  void hung_up(Time now);  ///< the caller has gone: the page may finish its work, nothing is played any more

  [[nodiscard]] std::optional<Time> next_timer() const;
  std::optional<Output> poll();
  [[nodiscard]] bool finished() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace ringwall::voice_browser::vxml
