#pragma once

#include <optional>
#include <string>

#include "media/types.h"
#include "policy/site.h"
#include "sdp/offer_answer.h"

namespace ringwall::call {

/// What one leg says of itself for connectivity checks, over all its offers and answers (RFC 8839).
class AudioLegIce {
 public:
  AudioLegIce(policy::Ice mode, const NetAddress& rtp);

  /// Nothing where the profile has no ICE.
  [[nodiscard]] std::optional<sdp::LocalIce> local() const;
  /// An offer with other credentials than before restarts ICE: the answer needs new ones of ours (RFC 8839 section
  /// 4.4.1.1.1). One with the same goes on with ours.
  void see_offer(const sdp::SessionDescription& offer);
  /// The next offer restarts ICE.
  void renew();
  /// What was agreed on, for the leg. Who offered first controls, unless it is lite; a restart decides anew.
  [[nodiscard]] std::optional<media::IceParameters> parameters(const sdp::Agreed& agreed, bool we_offered);

 private:
  policy::Ice mode_;
  std::vector<sdp::Candidate> candidates_;
  std::string ufrag_;
  Secret password_;
  std::string agreed_local_, agreed_remote_;  // user names of the session that runs
  Secret agreed_password_;
  bool controlling_ = false;
};

}  // namespace ringwall::call
