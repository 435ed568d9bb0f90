#include "desktop/api_routes.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"

namespace ringwall::desktop {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// RFC 3986 section 2.1. Control characters are refused: no name of ours holds one.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const auto byte = parse_hex(text.substr(at + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      c = static_cast<char>(byte->front());
      at += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

std::optional<std::map<std::string, std::string>> read_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    std::string_view value = take_until(text, '&');
    const auto name = percent_decode(take_until(value, '='));
    const auto decoded = percent_decode(value);
    if (!name || !decoded) return std::nullopt;
    if (!name->empty()) query[*name] = *decoded;
  }
  return query;
}

/// "/agents/1001" -> {"agents", "1001"}; "/" -> {}.
std::optional<std::vector<std::string>> read_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  std::vector<std::string> segments;
  if (path.empty()) return segments;
  for (std::string_view part : split(path, '/')) {
    auto segment = percent_decode(part);
    if (!segment || segment->empty()) return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::ranges::equal(pattern, path, [](const std::string& expected, const std::string& given) {
    return is_parameter(expected) || expected == given;
  });
}

/// Where both match, the pattern with text in the earlier segment wins.
bool is_more_exact(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::lexicographical_compare(a, b, {}, is_parameter, is_parameter);
}

bool is_json(std::string_view content_type) {
  return content_type.empty() || equals_ignoring_case(trim(take_until(content_type, ';')), "application/json");
}

}  // namespace

void ApiRoutes::add(std::string method, std::string_view pattern, Handler handler) {
  CHECK(pattern.starts_with('/'));
  std::vector<std::string> segments;
  if (pattern.size() > 1) {
    for (std::string_view part : split(pattern.substr(1), '/'))
      segments.emplace_back(part);
  }
  for (const Route& route : routes_)
    CHECK(route.method != method || route.segments != segments);
  routes_.push_back({std::move(method), std::move(segments), std::move(handler)});
}

std::variant<ApiRoutes::Match, ApiResponse> ApiRoutes::route(std::string_view method, std::string_view target,
                                                             std::string_view content_type,
                                                             std::string_view body) const {
  if (target.size() > limits::control_target_bytes) return problem(414, {"the request target is too long"});
  std::string_view query_text = target;
  const std::string_view path_text = take_until(query_text, '?');
  const auto path = read_path(path_text);
  auto query = read_query(query_text);
  if (!path || !query) return problem(400, {"the request target is malformed", "", "use /segment/segment?name=value"});

  const Route* best = nullptr;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route.segments, *path)) continue;
    if (route.method != method) {
      if (!allowed.empty()) allowed += ", ";
      allowed += route.method;
    } else if (best == nullptr || is_more_exact(route.segments, best->segments)) {
      best = &route;
    }
  }
  if (best == nullptr && allowed.empty()) return problem(404, {"there is no such resource", std::string(path_text)});
  if (best == nullptr) {
    auto refusal = problem(405, {"the resource does not know this method", std::string(path_text), "use " + allowed});
    refusal.allow = allowed;
    return refusal;
  }

  if (body.size() > limits::api_body_bytes) return problem(413, {"the request body is too long"});
  Match match{&best->handler, {std::string(method), std::string(path_text), {}, std::move(*query), nullptr}};
  for (std::size_t at = 0; at < path->size(); ++at) {
    const std::string& name = best->segments[at];
    if (is_parameter(name)) match.request.parameters[name.substr(1, name.size() - 2)] = (*path)[at];
  }
  if (body.empty()) return match;
  if (!is_json(content_type))
    return problem(415, {"the request body is no JSON", "Content-Type", "send application/json"});
  boost::system::error_code trouble;
  boost::json::parse_options options;
  options.max_depth = limits::control_json_depth;
  match.request.body = boost::json::parse(body, trouble, {}, options);
  if (trouble) return problem(400, {"the request body is no JSON: " + trouble.message(), "request body"});
  return match;
}

}  // namespace ringwall::desktop
