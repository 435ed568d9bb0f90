#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ringwall::pki {

/// Gives a site its certificates: the authority in <site>/pki if there is none, then pki/elements/<first label of the
/// host>/ with a server and a client certificate for each element, and pki/phones/<first label>/ with a client
/// certificate for each phone. What is there and can be used at `now` is kept, so a run that was stopped is completed
/// by the next.
Result<void> make_site_identities(const std::filesystem::path& site, const std::vector<std::string>& element_hosts,
                                  const std::vector<std::string>& phone_names, WallTime now = wall_now());

}  // namespace ringwall::pki
