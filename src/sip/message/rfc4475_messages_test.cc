#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "sip/message/respond.h"
#include "sip/message/rfc4475.h"

namespace ringwall::sip::rfc4475 {

std::string load(const std::string& name) {
  std::ifstream file(RINGWALL_SOURCE_DIR "/test/conformance/rfc4475/" + name + ".dat", std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Message accept(const std::string& name) {
  auto message = Message::parse(load(name));
  if (!message) throw std::runtime_error(name + " was refused: " + message.error().reason);
  return std::move(*message);
}

ParseError refuse(const std::string& name) {
  auto message = Message::parse(load(name));
  if (message) throw std::runtime_error(name + " was accepted");
  return message.error();
}

void expect_bad_request(const std::string& name, std::string_view reason) {
  const ParseError error = refuse(name);
  EXPECT_EQ(error.status, 400) << name;
  EXPECT_THAT(error.reason, testing::HasSubstr(reason)) << name;
  EXPECT_TRUE(error.answerable) << name;
  const auto answer = make_error_response(load(name), error, "t4g");
  ASSERT_TRUE(answer) << name;
  EXPECT_THAT(*answer, testing::StartsWith("SIP/2.0 400 ")) << name;
}

}  // namespace ringwall::sip::rfc4475
