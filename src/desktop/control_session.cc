#include "desktop/control_session.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/limits.h"
#include "base/metric.h"

namespace ringwall::desktop {

namespace http = boost::beast::http;
using boost::beast::error_code;

ControlSession::ControlSession(LocalProtocol::socket socket, std::shared_ptr<const Serve> serve,
                               std::shared_ptr<void> place)
    : stream_(std::move(socket)),
      buffer_(limits::control_header_bytes + 65'536),
      patience_(stream_.get_executor()),
      serve_(std::move(serve)),
      place_(std::move(place)) {}

void ControlSession::read() {
  idle_ = true;
  parser_.emplace();
  parser_->header_limit(limits::control_header_bytes);
  parser_->body_limit(limits::api_body_bytes);
  stream_.expires_after(limits::control_request_time);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code trouble, std::size_t) { self->on_read(trouble); });
}

void ControlSession::on_read(error_code trouble) {
  idle_ = false;
  ++request_number_;
  if (trouble) return refuse(trouble);
  stream_.expires_never();
  keep_alive_ = parser_->get().keep_alive();
  waiting_ = true;
  patience_.expires_after(limits::control_answer_time);
  patience_.async_wait([self = shared_from_this(), request = request_number_](error_code cancelled) {
    if (!cancelled) self->deliver(request, problem(504, {"the site did not answer in time", "", "see the site's log"}));
  });
  (*serve_)(shared_from_this(), parser_->release());
}

void ControlSession::refuse(error_code trouble) {
  if (trouble == http::error::body_limit) return write(problem(413, {"the request body is too long"}), false);
  if (trouble == http::error::header_limit || trouble == http::error::buffer_overflow) {
    return write(problem(431, {"the request header is too long"}), false);
  }
  const bool malformed = trouble.category() == make_error_code(http::error::bad_version).category();
  if (malformed && trouble != http::error::end_of_stream && trouble != http::error::partial_message) {
    return write(problem(400, {"this is no HTTP request: " + trouble.message()}), false);
  }
  close();
}

void ControlSession::deliver(std::uint64_t request, ApiResponse response) {
  if (!waiting_ || request != request_number_) return;
  waiting_ = false;
  patience_.cancel();
  write(std::move(response), keep_alive_);
}

void ControlSession::write(ApiResponse response, bool keep_alive) {
  static Counter& answers = Metrics::instance().counter("ringwall_control_answers_total");
  static Counter& refusals = Metrics::instance().counter("ringwall_control_answers_refused_total");
  (response.status < 400 ? answers : refusals).add();
  if (response.status == 200 && response.body.is_null()) response.status = 204;
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  if (const auto phrase = status_phrase(response.status); !phrase.empty()) response_.reason(phrase);
  response_.set(http::field::server, "ringwall");
  if (!response.allow.empty()) response_.set(http::field::allow, response.allow);
  if (!response.body.is_null()) {
    response_.set(http::field::content_type, response.status < 400 ? "application/json" : "application/problem+json");
    response_.body() = boost::json::serialize(response.body);
  }
  response_.keep_alive(keep_alive && !finishing_);
  if (response.status != 204) response_.content_length(response_.body().size());
  stream_.expires_after(limits::control_request_time);
  http::async_write(stream_, response_, [self = shared_from_this()](error_code trouble, std::size_t) {
    if (trouble || !self->response_.keep_alive() || self->finishing_) return self->close();
    self->read();
  });
}

void ControlSession::finish() {
  finishing_ = true;
  if (idle_) close();
}

void ControlSession::close() {
  waiting_ = false;
  error_code ignored;
  stream_.socket().shutdown(LocalProtocol::socket::shutdown_send, ignored);
  stream_.close();
  patience_.cancel();
}

}  // namespace ringwall::desktop
