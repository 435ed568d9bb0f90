#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

/// The values of the HTTP API: what a handler is given and what it answers. Nothing here knows of sockets.
namespace ringwall::desktop {

struct ApiRequest {
  std::string method;                             ///< "GET"
  std::string path;                               ///< as sent, without the query
  std::map<std::string, std::string> parameters;  ///< from the pattern: "/agents/{id}" gives "id"; percent-decoded
  std::map<std::string, std::string> query;       ///< after '?'; percent-decoded
  boost::json::value body;                        ///< null when the request had none
};

struct ApiResponse {
  int status = 200;
  boost::json::value body;  ///< null: no body
  std::string allow;        ///< the Allow header of a 405
};

/// An RFC 9457 problem: {"type","title","status","detail","where","mend"}, sent as application/problem+json.
ApiResponse problem(int status, const Error& error);
/// The phrase of an HTTP status code ("Not Found"); empty if it is not one of those the API uses.
std::string_view status_phrase(int status);

/// A text member of a request's JSON object, or the error to answer with status 400.
Result<std::string> text_member(const boost::json::value& body, std::string_view name);

/// Answers one request, at once or later, from any thread. Only the first answer counts; a responder that goes away
/// unused answers 500, so no client waits for ever.
class Responder {
 public:
  using Send = std::function<void(ApiResponse)>;
  explicit Responder(Send send);

  void ok(boost::json::value body) const { answer({200, std::move(body), {}}); }
  void reply(int status, boost::json::value body) const { answer({status, std::move(body), {}}); }
  void fail(int status, const Error& error) const { answer(problem(status, error)); }
  void answer(ApiResponse response) const;

 private:
  struct Once;
  std::shared_ptr<Once> once_;
};

using Handler = std::function<void(ApiRequest, Responder)>;

}  // namespace ringwall::desktop
