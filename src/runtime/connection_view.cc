#include "runtime/connection_view.h"

namespace ringwall::runtime {

std::string_view print(ConnectionState state) {
  switch (state) {
    case ConnectionState::connecting:
      return "connecting";
    case ConnectionState::handshaking:
      return "handshaking";
    case ConnectionState::established:
      return "established";
    case ConnectionState::closing:
      break;
  }
  return "closing";
}

}  // namespace ringwall::runtime
