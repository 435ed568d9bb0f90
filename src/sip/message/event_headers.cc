#include "sip/message/event_headers.h"

namespace ringwall::sip {
namespace {

/// Reads a parameter that holds seconds; false if it is there and holds something else.
bool read_seconds(const Parameters& parameters, std::string_view name, std::optional<std::uint32_t>& out) {
  const auto text = parameters.find(name);
  if (!text) return true;
  out = parse_delta_seconds(*text);
  return out.has_value();
}

}  // namespace

Result<EventHeader> parse_event(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Event");
  if (read.main.empty() || !grammar::all(read.main, grammar::token))
    return fail("it does not begin with the name of a package", "Event");
  const auto id = read.parameters.find("id");
  if (id && (id->empty() || !grammar::all(*id, grammar::token))) return fail("its id is not a token", "Event");
  return EventHeader{read.main, id.value_or(std::string_view{}), read.parameters};
}

bool same_event(const EventHeader& a, const EventHeader& b) {
  return a.package == b.package && a.id == b.id;
}

bool SubscriptionStateHeader::is_active() const {
  return grammar::same(state, "active");
}
bool SubscriptionStateHeader::is_pending() const {
  return grammar::same(state, "pending");
}
bool SubscriptionStateHeader::is_terminated() const {
  return grammar::same(state, "terminated");
}

Result<SubscriptionStateHeader> parse_subscription_state(std::string_view value) {
  ParameterizedValue read;
  if (const char* trouble = read_parameterized(value, read)) return fail(trouble, "Subscription-State");
  if (read.main.empty() || !grammar::all(read.main, grammar::token))
    return fail("it does not begin with a state", "Subscription-State");
  SubscriptionStateHeader out;
  out.state = read.main;
  out.reason = read.parameters.find("reason").value_or(std::string_view{});
  out.parameters = read.parameters;
  if (!read_seconds(read.parameters, "expires", out.expires) ||
      !read_seconds(read.parameters, "retry-after", out.retry_after))
    return fail("expires or retry-after is not a number of seconds", "Subscription-State");
  return out;
}

}  // namespace ringwall::sip
