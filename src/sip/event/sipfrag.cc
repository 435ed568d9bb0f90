#include "sip/event/sipfrag.h"

#include "base/text.h"
#include "sip/message/message.h"

namespace ringwall::sip::event {

std::string print_sipfrag(int status, std::string_view reason) {
  std::string out = MessageWriter().status(status, reason).finish();
  return out.substr(0, out.find("\r\n") + 2);
}

int sipfrag_status(std::string_view body) {
  constexpr std::string_view version = "SIP/2.0 ";
  if (!body.starts_with(version) || body.size() < version.size() + 3) return 0;
  int out = 0;
  for (const char c : body.substr(version.size(), 3)) {
    if (c < '0' || c > '9') return 0;
    out = out * 10 + (c - '0');
  }
  return out >= 100 && out <= 699 ? out : 0;
}

}  // namespace ringwall::sip::event
