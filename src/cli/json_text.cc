#include "cli/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace ringwall::cli {
namespace {

std::string as_text(const boost::json::value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_array()) return boost::json::serialize(value);
  std::string out;
  for (const auto& entry : value.get_array())
    out += (out.empty() ? "" : ", ") + as_text(entry);
  return out;
}

}  // namespace

std::string text_of(const boost::json::value& object, std::string_view member) {
  const auto* fields = object.if_object();
  const auto* value = fields ? fields->if_contains(member) : nullptr;
  return value ? as_text(*value) : std::string();
}

std::string text_of(const boost::json::value& object, std::string_view outer, std::string_view member) {
  const auto* fields = object.if_object();
  const auto* inner = fields ? fields->if_contains(outer) : nullptr;
  return inner ? text_of(*inner, member) : std::string();
}

const boost::json::array& list_of(const boost::json::value& object, std::string_view member) {
  static const boost::json::array none;
  const auto* fields = object.if_object();
  const auto* value = fields ? fields->if_contains(member) : nullptr;
  return value && value->is_array() ? value->get_array() : none;
}

}  // namespace ringwall::cli
