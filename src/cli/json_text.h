#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// Reading the API's answers: what is missing reads as empty.
namespace ringwall::cli {

/// A member of a JSON object as text: strings without quotes, null and absent as "", lists joined by ", ".
std::string text_of(const boost::json::value& object, std::string_view member);
/// A member of a member: text_of(leg, "media", "suite").
std::string text_of(const boost::json::value& object, std::string_view outer, std::string_view member);
/// The list under `member`, or an empty one.
const boost::json::array& list_of(const boost::json::value& object, std::string_view member);

}  // namespace ringwall::cli
