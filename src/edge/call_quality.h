#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/element.h"
#include "media/types.h"

namespace ringwall::edge {

/// A leg's figures as the interaction's record keeps them.
std::vector<std::pair<std::string_view, std::string>> quality_detail(std::string_view side,
                                                                     const media::LegReport& report);

/// Asks the media engine how a leg was heard, and puts it into the interaction's record as "quality" when it has told.
/// `side` says whose leg it is: "caller" or "contact-centre". Call it before the leg is closed.
void record_quality(const call::ElementContext& context, const std::string& interaction, std::string_view side,
                    media::LegId leg);

}  // namespace ringwall::edge
