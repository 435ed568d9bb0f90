// Any header value: the typed readers must not crash, their views lie in the value, and what they print they read
// again.
#include <cstdlib>

#include "sip/message/auth_params.h"
#include "sip/message/contact_headers.h"
#include "sip/message/content_headers.h"
#include "sip/message/dialog_headers.h"
#include "sip/message/event_headers.h"
#include "sip/message/identity_headers.h"
#include "sip/message/list_headers.h"
#include "sip/message/timer_headers.h"
#include "sip/message/warning.h"

using namespace ringwall::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(std::string_view view, std::string_view whole) {
  return view.empty() || (view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size());
}

void check_parameters(const Parameters& parameters, std::string_view whole) {
  require(inside(parameters.text(), whole));
  auto reader = parameters.reader();
  while (reader.next()) {
    require(parameters.has(reader.name()) && inside(reader.value(), whole));
    const std::string text = unescape_quoted(reader.value());
    const std::string quoted = print_quoted(text);
    require(ringwall::sip::grammar::quoted_length(quoted) == quoted.size());
  }
  require(reader.ok());
}

void read_dialog_headers(std::string_view value) {
  if (const auto replaces = parse_replaces(value)) {
    const std::string printed = print(*replaces);
    const auto again = parse_replaces(printed);
    require(again && again->call_id == replaces->call_id && again->to_tag == replaces->to_tag &&
            again->from_tag == replaces->from_tag && again->early_only == replaces->early_only);
  }
  if (const auto refer = parse_refer_to(value)) (void)parse_replaces(refer->replaces);
  if (const auto rack = parse_rack(value)) require(rack->rseq > 0 && inside(rack->cseq.method_name, value));
  (void)parse_join(value);
  (void)parse_target_dialog(value);
  (void)parse_referred_by(value);
  (void)parse_refer_sub(value);
  (void)parse_rseq(value);
}

void read_event_and_timer_headers(std::string_view value) {
  if (const auto event = parse_event(value)) {
    require(same_event(*event, *event));
    check_parameters(event->parameters, value);
  }
  if (const auto state = parse_subscription_state(value)) require(inside(state->reason, value));
  if (const auto expires = parse_session_expires(value))
    require(print(*parse_session_expires(print(*expires))) == print(*expires));
  if (const auto date = parse_date(value)) require(parse_date(print_date(*date)) == *date);
  if (const auto retry = parse_retry_after(value)) require(inside(retry->comment, value));
  if (const auto stamp = parse_timestamp(value)) require(inside(stamp->delay, value));
  (void)parse_min_se(value);
  (void)parse_q(value);
}

void read_identity_headers(std::string_view value) {
  if (const auto id = parse_session_id(value)) {
    const std::string printed = print(*id);
    const auto again = parse_session_id(printed);
    require(again && again->local == id->local && again->remote == id->remote);
  }
  if (const auto reason = parse_reason(value)) require(inside(reason->text, value));
  if (const auto diversion = parse_diversion(value)) require(inside(diversion->reason, value));
  if (const auto entry = parse_history_entry(value)) require(inside(entry->index, value));
  (void)parse_privacy(value);
}

void read_lists(std::string_view value) {
  ListReader list(value);
  while (list.next())
    require(inside(list.value(), value) &&
            list_holds(value, grammar::trim_spaces(list.value().substr(0, list.value().find(';')))));
  AddressReader addresses(value);
  while (addresses.next()) {
    require(inside(addresses.text(), value) && inside(addresses.value().parameters, value));
    require(parse_name_addr(addresses.text()).has_value());
    (void)parse_contact_parameters(addresses.value());
  }
  if (const auto via = parse_via(value)) (void)parse_via_parameters(*via);
  if (const auto range = parse_accept_range(value)) check_parameters(range->parameters, value);
}

void read_content_and_auth(std::string_view value) {
  if (const auto type = parse_content_type(value)) check_parameters(type->parameters, value);
  if (const auto disposition = parse_content_disposition(value)) check_parameters(disposition->parameters, value);
  if (const auto info = parse_info(value)) check_parameters(info->parameters, value);
  (void)parse_mime_version(value);
  ProductReader products(value);
  while (products.next())
    require(inside(products.product(), value) && inside(products.comment(), value));
  if (const auto auth = parse_auth(value)) {
    AuthParameterReader reader(auth->parameters);
    while (reader.next())
      require(auth->find(reader.name()) == reader.value() && inside(reader.value(), value));
    require(reader.ok());
  }
  (void)parse_authentication_info(value);
  (void)parse_warning(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  read_dialog_headers(value);
  read_event_and_timer_headers(value);
  read_identity_headers(value);
  read_lists(value);
  read_content_and_auth(value);
  return 0;
}
