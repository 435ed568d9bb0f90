#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ringwall::desktop {

/// Where the control socket of a site folder is.
std::filesystem::path control_socket(const std::filesystem::path& site_folder);

/// Talks to the site that runs in a folder; blocks until the answer is there. One connection per call.
class ControlClient {
 public:
  explicit ControlClient(std::filesystem::path site_folder, Duration patience = std::chrono::seconds(30));

  /// The JSON of a 2xx answer (null if it had no body). A problem+json answer becomes its Error: what = detail,
  /// where and mend as sent. When no site runs: "no site runs in DIR" with the mend "start it with ringwall run".
  [[nodiscard]] Result<boost::json::value> call(std::string_view method, std::string_view path,
                                                const boost::json::value& body = nullptr) const;
  /// Whether a site answers in the folder.
  [[nodiscard]] bool running() const;

 private:
  std::filesystem::path folder_;
  Duration patience_;
};

}  // namespace ringwall::desktop
