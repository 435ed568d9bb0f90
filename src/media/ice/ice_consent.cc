// The path in use: chosen once, and used as long as the peer agrees to it (RFC 7675).
#include <algorithm>

#include "base/limits.h"
#include "media/ice/ice_agent.h"
#include "media/ice/ice_times.h"

namespace ringwall::media {

void IceAgent::choose(IcePair& pair, Time now) {
  auto& selected = selected_[pair.component - 1u];
  const bool moved = !selected || !(selected->remote == pair.remote) || selected->priority == 0;
  if (moved) selected = Selected{.remote = pair.remote, .next_check = now + ice_consent_interval};
  selected->priority = pair.priority(controlling_);
  selected->until = now + limits::ice_consent_time;
  selected->peer_moves_on = false;
  done_ = true;
  for (std::uint16_t component = 1; component <= components(); ++component)
    done_ = done_ && selected_[component - 1u] && selected_[component - 1u]->priority != 0;
  if (moved) settled_since_ = now;
  if (moved && done_) {
    failed_ = false;
    note(Event::selected);
  }
}

/// A full agent asks every five seconds, spread by a fifth to either side, and does not repeat itself: the next request
/// is another one. A lite agent asks nothing; that the peer goes on asking is its consent.
void IceAgent::check_consent(Time now) {
  for (std::uint16_t component = 1; component <= selected_.size(); ++component) {
    auto& selected = selected_[component - 1u];
    if (!selected) continue;
    if (now >= selected->until) return lose_consent();
    if (parameters_.lite || now < selected->next_check) continue;
    const stun::TransactionId transaction = new_transaction();
    if (send_check(component, selected->remote, transaction, false))
      selected->asked[selected->asked_count++ % selected->asked.size()] = transaction;
    std::array<std::uint8_t, 2> spread;
    options_.random(spread);
    const auto thousandths = 800 + (spread[0] << 8 | spread[1]) % 401;
    selected->next_check = now + ice_consent_interval * thousandths / 1000;
  }
}

bool IceAgent::receive_consent(const stun::Message& message, const PacketAddress& from, std::uint16_t component,
                               Time now) {
  auto& selected = selected_[component - 1u];
  if (!selected || !(selected->remote == from) || message.kind != stun::Class::success) return false;
  const auto asked = std::span(selected->asked).first(std::min(selected->asked_count, selected->asked.size()));
  if (std::ranges::find(asked, message.transaction) == asked.end()) return false;
  if (!stun::integrity_right(message, parameters_.remote_password.reveal())) return false;
  selected->until = now + limits::ice_consent_time;
  return true;
}

void IceAgent::lose_consent() {
  for (auto& selected : selected_)
    selected.reset();
  for (IcePair& pair : pairs_) {
    pair.nominated = pair.valid = pair.heard = pair.nominate_on_success = pair.triggered = false;
    pair.state = IcePair::State::failed;
  }
  done_ = false;
  silent_ = !parameters_.lite;  // a lite agent may be asked again; a full one needs a restart
  failed_ = true;
  note(Event::consent_lost);
}

}  // namespace ringwall::media
