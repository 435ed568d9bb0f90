#include "media/codec/codec.h"

#include <array>

#include "base/text.h"

namespace ringwall::media {
namespace {

// Opus is spoken as wideband: what comes from or goes to a telephone has no more than that.
constexpr std::array<CodecFacts, codec_count> table = {{{"PCMU", 8'000, 8'000, 1, 160},
                                                        {"PCMA", 8'000, 8'000, 1, 160},
                                                        {"G722", 8'000, 16'000, 1, 160},
                                                        {"opus", 48'000, 16'000, 2, 400},
                                                        {"L16", 16'000, 16'000, 1, 640}}};

}  // namespace

const CodecFacts& facts(Codec codec) {
  return table[static_cast<std::size_t>(codec)];
}

std::optional<Codec> parse_codec(std::string_view name) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (equals_ignoring_case(table[i].name, name)) return static_cast<Codec>(i);
  return std::nullopt;
}

}  // namespace ringwall::media
