#pragma once

#include <cstdint>

#include "base/time.h"
#include "media/types.h"

/// How well a person hears a stream, reckoned from what the network did to it: the E-model of ITU-T G.107 (06/2015).
///
///   R = (Ro - Is) - Id - Ie,eff + A
///
/// With the default values of its table 2 and no network at all R is 93.2. From there only what a packet network does
/// is taken away: delay (Idd, clause 7.4) and codec with loss (Ie,eff, clause 7.5). Echo is taken to be cancelled
/// (digital telephones), and nobody is taken to expect less (A = 0).
namespace ringwall::media {

inline constexpr double r_without_impairment = 93.2;

/// What the network did to a stream.
struct Impairment {
  double loss = 0;         ///< part of the packets that were lost or came too late, 0 to 1
  double burst_ratio = 1;  ///< mean length of a run of losses over that of random loss; 1: random (clause 7.5)
  Duration one_way{0};     ///< from mouth to ear
};

/// A codec's sensitivity (ITU-T G.113 appendix I).
struct CodecImpairment {
  double ie = 0;    ///< equipment impairment without loss
  double bpl = 25;  ///< robustness against loss
};
/// G.711 with the concealment of its appendix I. G.113 has no narrow-band values for the others, which carry more than
/// G.711 does: they are rated like it, so a rating never says more than "as good as a telephone line".
CodecImpairment impairment_of(Codec codec);

/// R of clause 7.1, between 0 and 93.2.
double r_factor(const Impairment& network, const CodecImpairment& codec);
/// Clause 7.4: nothing up to 100 ms.
double delay_impairment(Duration one_way);
/// Clause 7.5, equation 7-29.
double loss_impairment(double loss, double burst_ratio, const CodecImpairment& codec);
/// The mean opinion score of listeners for R (annex B, equation B-4): 1 to 4.5.
double mean_opinion_score(double r);

}  // namespace ringwall::media
