#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "proof/packet.h"

namespace ringwall::proof {

/// The classic pcap format: 24-byte file header, then 16-byte record headers; either byte order, micro- or nanoseconds.
/// A file that ends inside a record gives the records before it. Frames longer than limits::capture_frame_bytes or a
/// link type we cannot read are errors.
[[nodiscard]] Result<std::vector<Frame>> parse_pcap(Bytes file);
[[nodiscard]] Result<std::vector<Frame>> read_pcap(const std::filesystem::path& path);

/// All frames must have the same link type.
[[nodiscard]] Buffer print_pcap(std::span<const Frame> frames);
[[nodiscard]] Result<> write_pcap(const std::filesystem::path& path, std::span<const Frame> frames);

/// The header of a file, and one record, for who writes as he goes.
[[nodiscard]] Buffer print_pcap_header(LinkType link);
[[nodiscard]] Buffer print_pcap_record(const Frame& frame);

}  // namespace ringwall::proof
