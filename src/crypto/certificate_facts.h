#pragma once

#include <openssl/x509.h>

#include "base/result.h"
#include "crypto/certificate.h"

namespace ringwall::crypto {

/// Reads what a certificate says. For crypto/ alone. Fails only where there is nothing to say (no readable date).
Result<CertificateFacts> read_facts(X509* certificate);

/// Whether every character may stand in a host name (letters, digits, '-', '_', '.', and '*' for a wildcard).
bool is_host_text(std::string_view text);

}  // namespace ringwall::crypto
