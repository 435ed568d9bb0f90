#include "desktop/api.h"

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace ringwall::desktop {
namespace {

/// An error may quote bytes of a peer; JSON must be UTF-8 (RFC 8259 section 8.1).
std::string utf8(std::string text) {
  boost::system::error_code trouble;
  (void)boost::json::parse(boost::json::serialize(boost::json::value(text)), trouble);
  if (trouble) std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

}  // namespace

std::string_view status_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

ApiResponse problem(int status, const Error& error) {
  boost::json::object body{
      {"type", "about:blank"}, {"title", status_phrase(status)}, {"status", status}, {"detail", utf8(error.what)}};
  if (!error.where.empty()) body["where"] = utf8(error.where);
  if (!error.mend.empty()) body["mend"] = utf8(error.mend);
  return {status, std::move(body), {}};
}

Result<std::string> text_member(const boost::json::value& body, std::string_view name) {
  const auto* object = body.if_object();
  const auto* member = object != nullptr ? object->if_contains(name) : nullptr;
  const auto* text = member != nullptr ? member->if_string() : nullptr;
  if (text == nullptr) return fail(fmt::format("the request needs a text member \"{}\"", name), "request body");
  return std::string(*text);
}

struct Responder::Once {
  explicit Once(Send how) : send(std::move(how)) {}
  Once(const Once&) = delete;
  ~Once() {
    if (!done.exchange(true))
      send(problem(500, {"the request was dropped without an answer", "", "see the site's log"}));
  }
  Send send;
  std::atomic<bool> done = false;
};

Responder::Responder(Send send) : once_(std::make_shared<Once>(std::move(send))) {}

void Responder::answer(ApiResponse response) const {
  if (!once_->done.exchange(true)) once_->send(std::move(response));
}

}  // namespace ringwall::desktop
