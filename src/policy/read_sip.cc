#include "policy/read_sip.h"

#include "base/limits.h"
#include "policy/table_reader.h"

namespace ringwall::policy {

void read_sip(TableReader& in, Site& site) {
  Sip& sip = site.sip;
  std::vector<std::string> name_servers;
  in.seconds("session_interval", sip.session_interval, 86'400);
  in.seconds("session_minimum", sip.session_minimum, 86'400);
  in.number("wss_port", sip.wss_port, 1, 65'535);
  in.text("wss_path", sip.wss_path, Need::optional);
  in.texts("wss_origins", sip.wss_origins, Need::optional);
  in.texts("name_servers", name_servers, Need::optional);
  in.number("requests_per_second", sip.requests_per_second, 1, 1'000'000);
  in.seconds("block_time", sip.block_time, 86'400);
  in.texts("never_blocked", sip.never_blocked, Need::optional);
  for (const std::string& server : name_servers) {
    if (auto address = parse_net_address(server, 53))
      sip.name_servers.push_back(std::move(*address));
    else
      in.draft().error(in.place("name_servers"), address.error().what, address.error().mend);
  }
}

}  // namespace ringwall::policy
