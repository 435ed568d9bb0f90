// The first byte says how many of the following bytes steer the caller; the rest is the page. Whatever both are, the
// interpreter must end or wait, and never hand out without limit.
#include <cstdint>
#include <cstdlib>

#include "voice_browser/vxml_interpreter.h"

using namespace ringwall;
using namespace ringwall::voice_browser;

namespace {

constexpr int most_outputs = 20'000;

/// Takes the outputs; a page that is asked for is the same one again.
void drain(vxml::Interpreter& interpreter, const DocumentPtr& page, Time now) {
  for (int count = 0; auto output = interpreter.poll();) {
    if (++count > most_outputs) std::abort();
    if (std::holds_alternative<vxml::Load>(*output)) interpreter.loaded(page, now);
  }
}

void act(vxml::Interpreter& interpreter, std::uint8_t action, Time& now) {
  static constexpr std::string_view keys = "0123456789*#";
  if (action < keys.size()) {
    interpreter.digit(keys[action], now);
  } else if (action < 64) {
    interpreter.play_finished(now);
  } else if (action < 255) {
    now += std::chrono::milliseconds(100 * (action - 63));
    interpreter.expire(now);
  } else {
    interpreter.hung_up(now);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t actions = std::min<std::size_t>(data[0], size - 1);
  const Bytes steering(data + 1, actions);
  const std::string_view xml = as_text({data + 1 + actions, size - 1 - actions});
  const auto page = parse_document(xml, "fuzz.vxml");
  if (!page) {
    if (page.error().text().empty()) std::abort();
    return 0;
  }
  Time now{};
  vxml::Interpreter interpreter;
  interpreter.start(*page, now);
  drain(interpreter, *page, now);
  for (const std::uint8_t action : steering) {
    act(interpreter, action, now);
    drain(interpreter, *page, now);
  }
  return 0;
}
