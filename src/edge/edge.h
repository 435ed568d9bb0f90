#pragma once

#include <memory>
#include <string>

#include "call/element.h"

namespace ringwall::edge {

/// The border of the site: trunks come in here and go out here. A B2BUA that also carries the audio: each side has its
/// own keys, and addresses of the inside are never shown outside.
class Edge final : public call::Element {
 public:
  Edge(call::ElementContext context, std::string name) : Element(std::move(context), std::move(name)) {}

 private:
  void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) override;
};

}  // namespace ringwall::edge
