#include "sip/transport/overload.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;

constexpr auto default_validity = 500ms;  // RFC 7339 section 4.3
constexpr auto longest_validity = 60s;
constexpr auto own_validity = 1'000ms;
constexpr auto good_delay = 50ms;     ///< a loop that is so late has no trouble yet
constexpr auto bad_delay = 150ms;     ///< a loop that stays so late has more to do than it can
constexpr unsigned most_hiccups = 2;  ///< late measurements in a row that are no overload: the processor was lent out
constexpr unsigned step_up = 10, step_down = 5, most = 95;
constexpr unsigned not_obeyed = 50;  ///< from here on clients that should cut by themselves are not trusted to

/// "1282321615.782" in units of 10^-5 s (section 4.4: up to 12 digits, and 1 to 5 behind the point).
std::optional<std::uint64_t> read_sequence(std::string_view text) {
  const std::string_view whole = take_until(text, '.');
  const auto seconds = parse_unsigned<std::uint64_t>(whole);
  auto fraction = parse_unsigned<std::uint32_t>(text);
  if (!seconds || !fraction || whole.size() > 12 || text.size() > 5) return std::nullopt;
  for (std::size_t digits = text.size(); digits < 5; ++digits)
    *fraction *= 10;
  return *seconds * 100'000 + *fraction;
}

/// Without the client's offer: `;oc` and `;oc-algo=...` make room for our answer to it.
std::string without_offer(std::string via) {
  const auto erase = [&](std::string_view name) {
    for (std::size_t at = via.find(name); at != std::string::npos; at = via.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      if (end < via.size() && via[end] != ';' && via[end] != '=' && via[end] != ' ') continue;
      via.erase(at, std::min(via.find(';', end), via.size()) - at);
      return;
    }
  };
  erase(";oc");
  erase(";oc-algo");
  return via;
}

}  // namespace

bool offers_overload_control(const Via& via) {
  const auto oc = find_parameter(via.parameters, "oc");
  return oc && oc->empty();
}

bool is_urgent(const Message& request) {
  if (request.to().uri.text.starts_with("urn:service:sos")) return true;
  return equals_ignoring_case(trim(request.header(HeaderName::priority)), "emergency") ||
         !request.header("Resource-Priority").empty();
}

void OverloadClient::learn(const NetAddress& address, const Via& via, Time now) {
  if (via.parameters.find("oc=") == std::string_view::npos) return;  // nearly always
  const auto written = find_parameter(via.parameters, "oc");
  const auto percent = written ? parse_unsigned<unsigned>(*written) : std::nullopt;
  const auto algorithm = find_parameter(via.parameters, "oc-algo");
  if (!percent || *percent > 100 || (algorithm && !equals_ignoring_case(*algorithm, "loss"))) return;
  const auto sequence = read_sequence(find_parameter(via.parameters, "oc-seq").value_or(""));
  std::chrono::milliseconds validity = default_validity;
  if (const auto text = find_parameter(via.parameters, "oc-validity"))
    validity = std::min<std::chrono::milliseconds>(
        std::chrono::milliseconds(parse_unsigned<std::uint32_t>(*text).value_or(0)), longest_validity);
  const auto known = servers_.find(address);
  if (known != servers_.end() && sequence && *sequence <= known->second.sequence && known->second.until > now) return;
  if (known == servers_.end() && servers_.size() >= limits::connections)
    servers_.erase(std::ranges::min_element(servers_, {}, [](const auto& entry) { return entry.second.until; }));
  servers_[address] = {*percent, now + validity, sequence.value_or(0)};
}

unsigned OverloadClient::loss(const NetAddress& address, Time now) {
  const auto known = servers_.find(address);
  if (known == servers_.end()) return 0;
  if (known->second.until > now) return known->second.percent;
  servers_.erase(known);
  return 0;
}

bool OverloadClient::admits(const NetAddress& address, bool urgent, std::uint64_t random, Time now) {
  const unsigned percent = loss(address, now);
  return urgent ? percent < 100 : random % 100 >= percent;
}

void OverloadServer::measure(std::size_t transactions, Duration loop_delay, Time now) {
  // From four fifths of the limit on, the share of the last fifth that is used.
  constexpr std::size_t room = limits::sip_transactions / 5, begin = limits::sip_transactions - room;
  const auto by_count =
      static_cast<unsigned>(transactions > begin ? std::min(transactions - begin, room) * 100 / room : 0);
  unsigned by_delay = percent_;
  late_ = loop_delay >= bad_delay ? late_ + 1 : 0;
  if (late_ > most_hiccups)
    by_delay += step_up;
  else if (loop_delay < good_delay)
    by_delay -= std::min(by_delay, step_down);
  measured_ = now;
  percent_ = std::min(std::max(by_count, by_delay), most);
  if (percent_ != 0) {
    spoke_ = true;
    calm_since_ = now;
  } else if (now - calm_since_ > own_validity) {
    spoke_ = false;
  }
}

bool OverloadServer::sheds(const Message& request, std::uint64_t random) const {
  if (percent_ == 0 || request.method() == Method::options || is_urgent(request)) return false;
  if (offers_overload_control(request.top_via()) && percent_ < not_obeyed) return false;
  return random % 100 < percent_;
}

std::string OverloadServer::announce(std::string stamped, const Via& offered) const {
  if (!spoke_ || !offers_overload_control(offered)) return stamped;
  const auto ticks = std::chrono::duration_cast<std::chrono::milliseconds>(measured_.time_since_epoch()).count();
  return without_offer(std::move(stamped)) + fmt::format(";oc={};oc-algo=\"loss\";oc-validity={};oc-seq={}.{:03}",
                                                         percent_, own_validity.count(), ticks / 1'000, ticks % 1'000);
}

}  // namespace ringwall::sip
