// Any bytes: the parser must not crash, every view must lie in the message, and what was accepted is accepted again.
#include <cstdlib>

#include "sip/message/multipart.h"
#include "sip/message/respond.h"
#include "sip/message/warning.h"

using namespace ringwall::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(std::string_view view, std::string_view whole) {
  return view.empty() || (view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size());
}

void check_views(const Message& message) {
  for (const HeaderField& field : message.headers()) {
    require(inside(field.text_name, message.bytes()) && inside(field.value, message.bytes()));
    require(field.value.find('\n') == std::string_view::npos);
  }
  require(inside(message.from().uri.text, message.bytes()) && inside(message.to().tag, message.bytes()));
  require(inside(message.top_via().parameters, message.bytes()) && inside(message.body(), message.bytes()));
  for (int name = 0; name < static_cast<int>(HeaderName::other); ++name) {
    for (std::string_view value : message.values(static_cast<HeaderName>(name)))
      require(inside(value, message.bytes()));
  }
}

void check_again(const Message& message) {
  const auto again = Message::parse(message.bytes());
  require(again.has_value());
  require(again->headers().size() == message.headers().size() && again->body() == message.body());
  require(again->call_id() == message.call_id() && again->from().tag == message.from().tag);
}

void check_response(const Message& request) {
  const std::string text = make_response(request, 200, "", "fuzz");
  const auto response = Message::parse(text);
  if (!response) {  // only a longer message may fail
    require(text.size() > request.bytes().size());
    return;
  }
  require(response->status() == 200 && response->call_id() == request.call_id());
  require(response->top_via().branch == request.top_via().branch && response->cseq().number == request.cseq().number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)parse_warning(bytes);
  const auto message = Message::parse(bytes);
  if (!message) {
    require(!message.error().reason.empty());
    const auto answer = make_error_response(bytes, message.error(), "fuzz");
    require(answer.has_value() == message.error().answerable);
    return 0;
  }
  check_views(*message);
  check_again(*message);
  if (message->is_request()) check_response(*message);
  (void)find_part(message->header(HeaderName::content_type), message->body(), "application/sdp");
  return 0;
}
