#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "media/types.h"
#include "sip/endpoint/endpoint.h"

namespace ringwall::call {

/// One leg as `show calls` and the proof see it.
struct LegView {
  std::string element;
  sip::LegId leg;
  std::string interaction;  ///< the caller's visit, the same on every leg of it (carried in Session-ID)
  bool outgoing = false;
  std::string peer;       ///< trunk, element or phone on the other side
  std::string number;     ///< the number or user that was called
  std::string dial_peer;  ///< edge only
  std::string state;      ///< the dialog's, and what the element does with it: "confirmed, prompt welcome.vxml"
  sip::FlowId flow;
  NetAddress remote;
  WallTime began{};
  std::optional<WallTime> connected;
  media::LegId media;  ///< none where the element carries no media
  std::string suite;   ///< empty without media, or on a clear leg
  std::string waiver;  ///< what permits a clear leg
  std::string codec;
  bool secure = false;    ///< audio of this leg is encrypted on this hop (or this element carries none)
  std::string recording;  ///< "on" or "paused" where this leg is recorded
};

/// Whoever a leg belongs to: one object per call of an element. Called on the signalling thread, one event at a time.
class LegOwner {
 public:
  virtual ~LegOwner() = default;
  virtual void on(const sip::Progress&) {}
  virtual void on(const sip::Answered&) = 0;
  virtual void on(const sip::Refused&) = 0;
  virtual void on(const sip::Reinvited&) = 0;
  virtual void on(const sip::Acked&) {}
  virtual void on(const sip::Pracked&) {}
  virtual void on(const sip::Ended&) = 0;
  /// A request inside the dialog; respond() to it.
  virtual void on(const sip::IncomingRequest&) = 0;
  /// Ends all legs of the call in an orderly way.
  virtual void hang_up(std::string_view reason) = 0;
  virtual void describe(std::vector<LegView>& out) const = 0;
};

}  // namespace ringwall::call
