#include "policy/dial_plan.h"

#include <algorithm>
#include <tuple>

#include "base/limits.h"

namespace ringwall::policy {
namespace {

bool is_digit(char c) {
  return (c >= '0' && c <= '9') || c == '*' || c == '#';
}

/// Greater is more specific.
auto rank(std::string_view pattern) {
  const auto literals = std::ranges::count_if(pattern, [](char c) { return is_digit(c) || c == '+'; });
  return std::tuple(literals, !pattern.ends_with('T'), pattern.size());
}

}  // namespace

Result<> check_pattern(std::string_view pattern) {
  const auto bad = [&](std::string_view why) {
    return fail(fmt::format("'{}' is no dial pattern: {}", pattern.substr(0, limits::dial_pattern_length), why), {},
                "use digits, '*', '#', '.' for any digit, and a last 'T' for any number of further digits");
  };
  if (pattern.empty()) return bad("it is empty");
  if (pattern.size() > limits::dial_pattern_length) return bad("it is too long");
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (is_digit(c) || c == '.') continue;
    if (c == '+' && i == 0 && pattern.size() > 1) continue;
    if (c == 'T' && i + 1 == pattern.size()) continue;
    return bad(fmt::format("character {} has no meaning there", i + 1));
  }
  return {};
}

bool matches(std::string_view pattern, std::string_view number) {
  if (number.empty()) return false;
  const bool open = pattern.ends_with('T');
  if (open) pattern.remove_suffix(1);
  if (number.size() < pattern.size() || (!open && number.size() > pattern.size())) return false;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const bool any = i >= pattern.size() || pattern[i] == '.';
    if (any ? !is_digit(number[i]) && !(i == 0 && number[0] == '+' && pattern.empty()) : number[i] != pattern[i])
      return false;
  }
  return true;
}

const DialPeer* find_dial_peer(const Site& site, std::string_view element, std::string_view number) {
  const DialPeer* best = nullptr;
  for (const DialPeer& peer : site.dial_peers) {
    if (peer.element != element || !matches(peer.pattern, number)) continue;
    if (best == nullptr || rank(peer.pattern) > rank(best->pattern) ||
        (rank(peer.pattern) == rank(best->pattern) && peer.name < best->name))
      best = &peer;
  }
  return best;
}

}  // namespace ringwall::policy
