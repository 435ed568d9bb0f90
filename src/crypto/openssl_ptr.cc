#include "crypto/openssl_ptr.h"

#include <openssl/err.h>

namespace ringwall::crypto {

std::string take_openssl_reasons() {
  std::string out;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (reason == nullptr) continue;
    if (!out.empty()) out += "; ";
    out += reason;
  }
  return out.empty() ? "no reason given" : out;
}

}  // namespace ringwall::crypto
