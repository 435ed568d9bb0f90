#pragma once

#include <boost/json/object.hpp>

#include <ostream>

#include "base/time.h"
#include "crypto/certificate.h"

/// Certificates in words and in JSON.
namespace ringwall::cli {

/// A block of lines that begins with the certificate's name. Fits 100 columns unless a name is longer.
void print_certificate(std::ostream& out, const crypto::Certificate& certificate, WallTime now);

boost::json::object certificate_json(const crypto::Certificate& certificate, WallTime now);

/// "valid", "ends in 12 days", "ended 3 days ago", "begins in 2 days".
std::string validity_text(WallTime not_before, WallTime not_after, WallTime now);

}  // namespace ringwall::cli
