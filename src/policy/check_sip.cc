#include "policy/rules.h"

namespace ringwall::policy {
namespace {

void check_session_timers(Draft& draft) {
  const Sip& sip = draft.site.sip;
  // RFC 4028 section 4: no session timer is shorter than 90 seconds.
  if (sip.session_minimum < std::chrono::seconds(90))
    draft.error(draft.place("sip", "session_minimum"),
                fmt::format("'session_minimum' is {}", sip.session_minimum.count()),
                "write seconds from 90 on (RFC 4028 section 4)");
  if (sip.session_interval.count() != 0 && sip.session_interval < sip.session_minimum)
    draft.error(draft.place("sip", "session_interval"),
                fmt::format("'session_interval' is {}, below 'session_minimum' ({})", sip.session_interval.count(),
                            sip.session_minimum.count()),
                "write at least the minimum, or 0 for no session timers of our own");
}

void check_wss(Draft& draft) {
  const Sip& sip = draft.site.sip;
  if (!sip.wss_path.empty() && (sip.wss_path.front() != '/' || sip.wss_path.find_first_of("?# ") != std::string::npos))
    draft.error(draft.place("sip", "wss_path"), fmt::format("'{}' is no path", sip.wss_path),
                "write it as \"/sip\": from the first slash on, without a query");
  for (std::size_t i = 0; i < sip.wss_origins.size(); ++i)
    if (!sip.wss_origins[i].starts_with("https://") || sip.wss_origins[i].find('/', 8) != std::string::npos)
      draft.error(draft.place("sip", fmt::format("wss_origins.{}", i)),
                  fmt::format("'{}' is no origin", sip.wss_origins[i]),
                  "write it as browsers send it: \"https://agents.example.com\", without a slash at the end");
  const Element* manager = draft.site.element_of_kind(ElementKind::call_manager);
  if (sip.wss_port == 0 || manager == nullptr) return;
  if (sip.wss_port == manager->sip_port || sip.wss_port == manager->clear_port)
    draft.error(draft.place("sip", "wss_port"),
                fmt::format("port {} is one of the call manager's ports for SIP already", sip.wss_port),
                "choose another one, such as 7443");
}

void check_never_blocked(Draft& draft) {
  std::vector<std::string>& addresses = draft.site.sip.never_blocked;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto parsed =
        parse_net_address(addresses[i].find(':') == std::string::npos ? addresses[i] : "[" + addresses[i] + "]", 1);
    if (parsed && parsed->port == 1)
      addresses[i] = parsed->ip;
    else
      draft.error(draft.place("sip", fmt::format("never_blocked.{}", i)),
                  fmt::format("'{}' is not an IP address", addresses[i]),
                  "write it as 192.0.2.1 or 2001:db8::1, without a port");
  }
}

}  // namespace

void check_sip(Draft& draft) {
  if (draft.site.sip.block_time.count() == 0)
    draft.error(draft.place("sip", "block_time"), "'block_time' is 0: nothing would ever be blocked",
                "write seconds from 1 to 86400; never_blocked lists who is to be let through");
  check_session_timers(draft);
  check_wss(draft);
  check_never_blocked(draft);
}

}  // namespace ringwall::policy
