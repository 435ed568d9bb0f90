#include "runtime/web_socket.h"

#include <algorithm>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <sstream>

#include "base/limits.h"
#include "base/text.h"
#include "runtime/memory_stream.h"

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace ringwall::runtime {
namespace {

using UpgradeRequest = http::request<http::empty_body>;

constexpr std::string_view kSubprotocol = "sip";  // RFC 7118 section 4.1

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

/// Why a request is not upgraded.
struct Refusal {
  http::status status;
  Error why;
};

bool offers_sip(const UpgradeRequest& request) {
  const auto [first, last] = request.equal_range(http::field::sec_websocket_protocol);
  for (auto field = first; field != last; ++field)
    for (const std::string_view token : split(to_std(field->value()), ','))
      if (equals_ignoring_case(trim(token), kSubprotocol)) return true;
  return false;
}

std::optional<Refusal> judge(const UpgradeRequest& request, const WebSocketRules& rules) {
  if (!websocket::is_upgrade(request))
    return Refusal{http::status::upgrade_required,
                   {"the request asks for no WebSocket (RFC 6455 section 4.1)", {}, "use a WebSocket client here"}};
  std::string_view target = to_std(request.target());
  if (!rules.path.empty() && take_until(target, '?') != rules.path)
    return Refusal{http::status::not_found,
                   {"the WebSocket is asked for at another path", {}, "use the path \"" + rules.path + "\""}};
  const std::string_view origin = to_std(request[http::field::origin]);
  const auto allowed = [&](const std::string& one) { return equals_ignoring_case(one, origin); };
  if (!origin.empty() && !rules.origins.empty() && std::ranges::none_of(rules.origins, allowed))
    return Refusal{http::status::forbidden,
                   {"the page that opens this WebSocket comes from an origin that may not", {}, "allow its origin"}};
  if (!offers_sip(request))
    return Refusal{
        http::status::bad_request,
        {"the client does not offer the WebSocket subprotocol \"sip\" (RFC 7118 section 4.1)", {}, "set it there"}};
  return std::nullopt;
}

std::string print_refusal(const Refusal& refusal) {
  http::response<http::string_body> response(refusal.status, 11);
  if (refusal.status == http::status::upgrade_required) {
    response.set(http::field::upgrade, "websocket");
    response.set(http::field::sec_websocket_version, "13");
  }
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.keep_alive(false);
  response.body() = refusal.why.what + "\n";
  response.prepare_payload();
  std::ostringstream text;
  text << response;
  return std::move(text).str();
}

/// Why Beast ended the connection, for the log.
Error explain(const boost::system::error_code& trouble) {
  if (trouble == websocket::error::closed) return {};
  if (trouble == websocket::error::message_too_big || trouble == websocket::error::buffer_overflow)
    return {fmt::format("a WebSocket message is larger than {} bytes", limits::websocket_frame_bytes), {}, {}};
  return {"the peer broke the WebSocket protocol: " + trouble.message(), {}, "look at the client"};
}

}  // namespace

struct WebSocketEngine::Impl {
  WebSocketRules rules;
  boost::asio::io_context context{1};

  /// Everything that memory streams complete is ready: nothing here ever waits for the outside.
  void run() {
    context.restart();
    context.poll();
  }
};

WebSocketEngine::WebSocketEngine(WebSocketRules rules) : impl_(std::make_unique<Impl>()) {
  impl_->rules = std::move(rules);
}
WebSocketEngine::~WebSocketEngine() = default;

struct WebSocket::Impl {
  explicit Impl(std::shared_ptr<WebSocketEngine> shared)
      : keep(std::move(shared)), engine(keep->impl()), pipe(engine.context), stream(MemoryStream(pipe)) {
    parser.emplace();
    parser->header_limit(limits::websocket_handshake_bytes);
    websocket::stream_base::decorator greet([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, kSubprotocol);
      response.set(http::field::server, "Ringwall");
    });
    stream.set_option(std::move(greet));
    stream.read_message_max(limits::websocket_frame_bytes);
    // One message is one frame to the peer, whatever its size.
    stream.auto_fragment(false);
  }

  void read_request();
  void refuse(const Refusal& refusal);
  void upgrade();
  void read_next();
  void fail(const boost::system::error_code& trouble);

  std::shared_ptr<WebSocketEngine> keep;
  WebSocketEngine::Impl& engine;
  MemoryPipe pipe;
  std::optional<http::request_parser<http::empty_body>> parser;  ///< until the upgrade
  UpgradeRequest request;
  websocket::stream<MemoryStream, false> stream;
  beast::flat_buffer incoming;
  std::deque<std::string> messages;
  State state = State::opening;
  bool upgrading = false;
  Error why;
};

void WebSocket::Impl::fail(const boost::system::error_code& trouble) {
  if (state == State::closed) return;
  state = State::closed;
  why = explain(trouble);
}

void WebSocket::Impl::refuse(const Refusal& refusal) {
  state = State::closed;
  why = refusal.why;
  pipe.out += print_refusal(refusal);
}

void WebSocket::Impl::read_request() {
  boost::system::error_code trouble;
  const std::size_t used = parser->put(boost::asio::buffer(pipe.in), trouble);
  pipe.in.erase(0, used);
  if (trouble == http::error::need_more) return;
  if (trouble == http::error::header_limit)
    return refuse({http::status::request_header_fields_too_large,
                   {fmt::format("a WebSocket request is larger than {} bytes", limits::websocket_handshake_bytes)}});
  // A client waits for the answer before its first frame (RFC 6455 section 4.1).
  if (trouble || !parser->is_done() || !pipe.in.empty())
    return refuse({http::status::bad_request, {"what came is no WebSocket request", {}, "look at the client"}});
  request = parser->release();
  parser.reset();
  if (const auto refusal = judge(request, engine.rules)) return refuse(*refusal);
  upgrade();
}

void WebSocket::Impl::upgrade() {
  upgrading = true;
  stream.async_accept(request, [this](const boost::system::error_code& trouble) {
    request = {};
    if (trouble) return fail(trouble);
    state = State::open;
    read_next();
  });
}

void WebSocket::Impl::read_next() {
  stream.async_read(incoming, [this](const boost::system::error_code& trouble, std::size_t) {
    if (trouble) return fail(trouble);
    messages.push_back(beast::buffers_to_string(incoming.data()));
    incoming = {};  // an idle WebSocket holds no buffer
    read_next();
  });
}

WebSocket::WebSocket(std::shared_ptr<WebSocketEngine> engine) : impl_(std::make_unique<Impl>(std::move(engine))) {}
WebSocket::~WebSocket() = default;

WebSocket::State WebSocket::state() const {
  return impl_->state;
}
const Error& WebSocket::why() const {
  return impl_->why;
}

void WebSocket::receive(std::string_view bytes) {
  if (impl_->state == State::closed) return;
  impl_->pipe.in += bytes;
  if (impl_->state == State::opening && !impl_->upgrading) impl_->read_request();
  impl_->pipe.pump();
  impl_->engine.run();
}

std::optional<std::string> WebSocket::poll_message() {
  if (impl_->messages.empty()) return std::nullopt;
  std::string message = std::move(impl_->messages.front());
  impl_->messages.pop_front();
  return message;
}

void WebSocket::send(std::string_view message) {
  if (impl_->state != State::open) return;
  impl_->stream.text(websocket::detail::check_utf8(message.data(), message.size()));
  impl_->stream.async_write(boost::asio::buffer(message),
                            [impl = impl_.get()](const boost::system::error_code& trouble, std::size_t) {
                              if (trouble) impl->fail(trouble);
                            });
  impl_->engine.run();
}

void WebSocket::close() {
  if (impl_->state != State::open) return;
  impl_->state = State::closed;
  impl_->stream.async_close(websocket::close_code::going_away, [](const boost::system::error_code&) {});
  impl_->engine.run();
}

std::string WebSocket::take_output() {
  return std::exchange(impl_->pipe.out, {});
}

bool WebSocket::within_message() const {
  return !impl_->pipe.in.empty() || impl_->incoming.size() > 0 ||
         (impl_->state == State::open && !impl_->stream.is_message_done());
}

}  // namespace ringwall::runtime
