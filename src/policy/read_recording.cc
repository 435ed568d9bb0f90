#include "policy/read_recording.h"

#include "policy/table_reader.h"

namespace ringwall::policy {

void read_recording(TableReader& in, Site& site) {
  Recording& recording = site.recording;
  in.flag("enabled", recording.enabled);
  int days = 0;
  in.number("retention_days", days, 0, 36'500);
  recording.retention = std::chrono::days(days);
  in.text("announce", recording.announce, Need::optional);
  in.texts("services", recording.services, Need::optional);
  in.texts("trunks", recording.trunks, Need::optional);
  in.texts("lines", recording.lines, Need::optional);
}

}  // namespace ringwall::policy
