#pragma once

#include <memory>
#include <string>

#include "call/element.h"
#include "edge/announcement.h"

namespace ringwall::edge {

/// Where a call goes on.
struct Target {
  std::string name;  ///< element or trunk
  std::string host;  ///< for the request URI
  sip::Route route;
  policy::SecurityProfile profile;
  std::string waiver;
};

/// The border of the site: trunks come in here and go out here. A B2BUA that also carries the audio: each side has its
/// own keys, and addresses of the inside are never shown outside.
class Edge final : public call::Element {
 public:
  Edge(call::ElementContext context, std::string name) : Element(std::move(context), std::move(name)) {}

  /// What a call by this path must be. Refused if a clear trunk's waiver does not hold.
  [[nodiscard]] std::expected<Target, policy::Refusal> target_of(const call::Path& path) const;

  /// What callers are told before their call is recorded; nothing where the site tells them nothing.
  [[nodiscard]] Result<media::Pcm> announcement();

 private:
  void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) override;

  Announcement announcement_;
};

}  // namespace ringwall::edge
