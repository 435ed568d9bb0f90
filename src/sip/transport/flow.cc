#include "sip/transport/flow.h"

namespace ringwall::sip {

std::string_view print(Transport transport) {
  switch (transport) {
    case Transport::tls:
      return "TLS";
    case Transport::tcp:
      return "TCP";
    case Transport::udp:
      return "UDP";
    case Transport::wss:
      return "WSS";
    case Transport::ws:
      return "WS";
  }
  return "";
}

const TlsFacts& Flow::tls() const {
  static const TlsFacts none;
  return facts ? *facts : none;
}

}  // namespace ringwall::sip
