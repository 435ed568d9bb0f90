#include "sip/event/publication.h"

#include <algorithm>

#include "base/text.h"

namespace ringwall::sip::event {
namespace {

using std::chrono::seconds;

Publications::Outcome refuse(int status, std::string_view name = {}, std::string value = {}) {
  Publications::Outcome out{.status = status};
  if (!name.empty()) out.headers.emplace_back(name, std::move(value));
  return out;
}

}  // namespace

Publications::Outcome Publications::publish(const Message& request, const std::string& entity, Time now) {
  const auto given = request.expires();
  const seconds asked = given ? seconds(*given) : limits_.longest;
  if (asked > seconds::zero() && asked < limits_.shortest)
    return refuse(423, "Min-Expires", std::to_string(limits_.shortest.count()));
  const std::string_view match = trim(request.header(HeaderName::sip_if_match));
  std::optional<Presence> document;
  if (!request.body().empty() && asked > seconds::zero()) {
    if (!equals_ignoring_case(request.content_type(), "application/pidf+xml"))
      return refuse(415, "Accept", "application/pidf+xml");
    auto read = parse_presence(request.body());
    if (!read) return refuse(400);
    document = std::move(*read);
  }
  if (match.empty() && !document) return refuse(400);  // section 4.1: the first one brings the state
  if (match.empty() && count_ >= limits_.documents) return refuse(503, "Retry-After", "60");
  Documents& documents = by_entity_[entity];
  Outcome out = store(documents, std::move(document), match, std::min(asked, limits_.longest), now);
  if (documents.empty()) by_entity_.erase(entity);
  return out;
}

Publications::Outcome Publications::store(Documents& documents, std::optional<Presence> document,
                                          std::string_view match, seconds lifetime, Time now) {
  auto at = documents.end();
  if (!match.empty()) {
    at = std::ranges::find(documents, match, &Held::tag);
    if (at == documents.end()) return refuse(412);
  } else if (documents.size() >= limits_.per_entity) {
    return refuse(503, "Retry-After", "60");
  }
  Held held;
  if (at != documents.end()) {
    held = std::move(*at);
    documents.erase(at);
    --count_;
  }
  const bool changed = document.has_value() || lifetime == seconds::zero();
  held.tag = fmt::format("{:016x}", random_());
  held.ends = now + lifetime;
  if (document) held.document = std::move(*document);
  Outcome out{.headers = {{"SIP-ETag", held.tag}, {"Expires", std::to_string(lifetime.count())}}, .changed = changed};
  if (lifetime > seconds::zero()) {
    documents.insert(documents.begin(), std::move(held));
    ++count_;
  }
  return out;
}

std::vector<const Presence*> Publications::of(const std::string& entity) const {
  std::vector<const Presence*> out;
  if (const auto at = by_entity_.find(entity); at != by_entity_.end())
    for (const Held& held : at->second)
      out.push_back(&held.document);
  return out;
}

std::vector<std::string> Publications::expire(Time now) {
  std::vector<std::string> out;
  for (auto at = by_entity_.begin(); at != by_entity_.end();) {
    const std::size_t gone = std::erase_if(at->second, [now](const Held& held) { return held.ends <= now; });
    count_ -= gone;
    if (gone > 0) out.push_back(at->first);
    at = at->second.empty() ? by_entity_.erase(at) : std::next(at);
  }
  return out;
}

std::optional<Time> Publications::next_timer() const {
  std::optional<Time> out;
  for (const auto& [entity, documents] : by_entity_)
    for (const Held& held : documents)
      if (!out || held.ends < *out) out = held.ends;
  return out;
}

}  // namespace ringwall::sip::event
