#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/time.h"
#include "crypto/chain.h"
#include "crypto/identity.h"

namespace ringwall::pki {

using Identity = crypto::Identity;

/// Reads a certificate chain (leaf first) and its key, and checks that they can be used at `now`: the key belongs to
/// the leaf, the leaf is within its dates and meant for `purpose`, each certificate was issued by the next.
Result<Identity> load_identity(const std::filesystem::path& certificate, const std::filesystem::path& key,
                               crypto::Purpose purpose, WallTime now);

/// <folder>/server.crt with server.key, or client.crt with client.key, by `purpose`.
Result<Identity> load_identity(const std::filesystem::path& folder, crypto::Purpose purpose, WallTime now);

}  // namespace ringwall::pki
