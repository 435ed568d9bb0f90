#include "sdp/static_formats.h"

#include <array>

namespace ringwall::sdp {
namespace {

struct Assignment {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
  std::uint8_t channels;
};

constexpr std::array assignments = {
    Assignment{0, "PCMU", 8000, 1},   Assignment{3, "GSM", 8000, 1},    Assignment{4, "G723", 8000, 1},
    Assignment{5, "DVI4", 8000, 1},   Assignment{6, "DVI4", 16000, 1},  Assignment{7, "LPC", 8000, 1},
    Assignment{8, "PCMA", 8000, 1},   Assignment{9, "G722", 8000, 1},   Assignment{10, "L16", 44100, 2},
    Assignment{11, "L16", 44100, 1},  Assignment{12, "QCELP", 8000, 1}, Assignment{13, "CN", 8000, 1},
    Assignment{14, "MPA", 90000, 1},  Assignment{15, "G728", 8000, 1},  Assignment{16, "DVI4", 11025, 1},
    Assignment{17, "DVI4", 22050, 1}, Assignment{18, "G729", 8000, 1},  Assignment{25, "CelB", 90000, 1},
    Assignment{26, "JPEG", 90000, 1}, Assignment{28, "nv", 90000, 1},   Assignment{31, "H261", 90000, 1},
    Assignment{32, "MPV", 90000, 1},  Assignment{33, "MP2T", 90000, 1}, Assignment{34, "H263", 90000, 1}};

}  // namespace

Format static_format(std::uint8_t payload_type) {
  for (const Assignment& assignment : assignments) {
    if (assignment.payload_type == payload_type)
      return {payload_type, std::string(assignment.encoding), assignment.clock_rate, assignment.channels, {}};
  }
  return {payload_type, {}, 8000, 1, {}};
}

bool carries_rtp(std::string_view protocol) {
  return protocol.find("RTP/AVP") != std::string_view::npos || protocol.find("RTP/SAVP") != std::string_view::npos;
}

}  // namespace ringwall::sdp
