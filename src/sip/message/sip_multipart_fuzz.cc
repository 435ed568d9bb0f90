// Content-Type in the first line, the body behind it: parts lie in the body, do not overlap, and come in order.
#include <cstdlib>

#include "base/limits.h"
#include "sip/message/multipart.h"

using namespace ringwall;
using namespace ringwall::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_part(const BodyPart& part, std::string_view body, const char*& end) {
  if (!part.headers.empty()) {
    require(part.headers.data() >= end);
    end = part.headers.data() + part.headers.size();
  }
  if (!part.body.empty()) {
    require(part.body.data() >= end);
    end = part.body.data() + part.body.size();
  }
  require(end <= body.data() + body.size() && !part.content_type.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view type = text.substr(0, text.find('\n'));
  const std::string_view body = text.substr(std::min(type.size() + 1, text.size()));
  if (const auto parts = split_multipart(type, body)) {
    require(!parts->empty() && parts->size() <= limits::sip_multipart_parts);
    const char* end = body.data();
    for (const BodyPart& part : *parts)
      check_part(part, body, end);
  }
  if (const auto found = find_part(type, body, "application/sdp"); found && *found && !(*found)->empty())
    require((*found)->data() >= body.data() && (*found)->data() + (*found)->size() <= body.data() + body.size());
  return 0;
}
