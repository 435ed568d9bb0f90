#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "desktop/api.h"

namespace ringwall::desktop {

/// The table of what the API offers: (method, path pattern) -> handler.
class ApiRoutes {
 public:
  /// `pattern` is a path whose segments are text or {name}: "/agents/{id}/state". A text segment wins over a parameter
  /// in the same place. Registering the same method and pattern twice is a bug.
  void add(std::string method, std::string_view pattern, Handler handler);

  struct Match {
    const Handler* handler = nullptr;
    ApiRequest request;
  };
  /// Finds the handler and reads path, query and JSON body, or gives the answer that refuses the request:
  /// 400 (path, query or body malformed), 404 (no such path), 405 (path known, method not), 413 (body too long).
  /// `content_type` and `body` are as received; an empty body is null JSON.
  [[nodiscard]] std::variant<Match, ApiResponse> route(std::string_view method, std::string_view target,
                                                       std::string_view content_type, std::string_view body) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;  ///< "{id}" keeps its braces
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace ringwall::desktop
