#include "base/check.h"
#include "base/text.h"
#include "desktop/api_routes.h"

using namespace ringwall;
using namespace ringwall::desktop;

/// Input: "METHOD target\ncontent-type\nbody", as the pieces of an HTTP request are handed to the routes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ApiRoutes routes = [] {
    ApiRoutes made;
    for (const char* pattern :
         {"/", "/agents", "/agents/{id}", "/agents/{id}/state", "/agents/all/state", "/show/{what}"}) {
      for (const char* method : {"GET", "POST"})
        made.add(method, pattern, [](const ApiRequest&, const Responder&) {});
    }
    return made;
  }();
  std::string_view rest = as_text({data, size});
  std::string_view target = take_until(rest, '\n');
  const std::string_view method = take_until(target, ' ');
  const std::string_view type = take_until(rest, '\n');
  auto outcome = routes.route(method, target, type, rest);
  if (const auto* refusal = std::get_if<ApiResponse>(&outcome)) {
    CHECK(refusal->status >= 400 && refusal->status < 500);
    CHECK(!status_phrase(refusal->status).empty());
  } else {
    const auto& match = std::get<ApiRoutes::Match>(outcome);
    CHECK(match.handler != nullptr && target.starts_with('/'));
    for (const auto& [name, value] : match.request.parameters)
      CHECK(!name.empty() && !value.empty());
  }
  return 0;
}
