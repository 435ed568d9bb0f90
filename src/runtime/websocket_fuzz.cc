// A WebSocket in any pieces, from its upgrade on: what it delivers depends on the bytes alone, and never exceeds its
// limits. The first byte chooses the pieces, and whether the upgrade is done already.
#include <cstdlib>
#include <vector>

#include "base/limits.h"
#include "runtime/web_socket.h"
#include "runtime/web_socket_for_test.h"

using namespace ringwall;
using namespace ringwall::runtime;

namespace {

struct Outcome {
  std::vector<std::string> messages;
  WebSocket::State state{};
  bool operator==(const Outcome&) const = default;
};

void drain(WebSocket& socket, Outcome& outcome) {
  while (auto message = socket.poll_message()) {
    if (message->size() > limits::websocket_frame_bytes) std::abort();
    socket.send(*message);
    outcome.messages.push_back(std::move(*message));
  }
  (void)socket.take_output();
}

Outcome run(std::string_view stream, bool upgraded, std::size_t piece) {
  WebSocket socket(std::make_shared<WebSocketEngine>(WebSocketRules{.path = "/", .origins = {"https://a.test"}}));
  Outcome outcome;
  if (upgraded) socket.receive(test::upgrade_request());
  while (!stream.empty()) {
    const std::string_view part = stream.substr(0, piece);
    socket.receive(part);
    stream.remove_prefix(part.size());
    drain(socket, outcome);
  }
  outcome.state = socket.state();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool upgraded = (data[0] & 1) != 0;
  const std::size_t piece = 1 + data[0] / 2;
  // Bytes behind the request in one piece are refused, and those of the next piece are frames: only an open one
  // compares.
  const Outcome pieces = run(stream, upgraded, piece);
  if (upgraded && !(pieces == run(stream, upgraded, std::max<std::size_t>(stream.size(), 1)))) std::abort();
  return 0;
}
