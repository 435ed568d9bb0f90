#pragma once

#include <boost/json/object.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::cli {

/// What `ringwall phone` is asked to do.
struct PhoneScript {
  std::filesystem::path identity, play, record;
  std::string address, server, server_name, user = "1001", domain = "ringwall.test", number, digits;
  std::vector<std::string> suites, codecs;
  std::string ice = "off";
  bool do_register = false, answer = false, dtls = false;
  double answer_after_s = 0, digits_after_s = 2, seconds = 5, wait_s = 30, tone_hz = 0;
};

struct PhoneFacts {
  bool succeeded = false;
  boost::json::object json;
  std::string text;
};

/// Runs the script on a loop of its own and says how it went. Fails only if the phone could not be set up at all.
Result<PhoneFacts> run_phone(const PhoneScript& script);

}  // namespace ringwall::cli
