#include "desktop/control_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/limits.h"
#include "desktop/control_socket.h"

namespace ringwall::desktop {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

using Stream = boost::beast::basic_stream<net::local::stream_protocol>;

/// connect -> write -> read, each within the patience that is left.
class Exchange {
 public:
  Exchange(const std::filesystem::path& socket, http::request<http::string_body> request, Duration patience)
      : endpoint_(socket.string()), stream_(io_), request_(std::move(request)) {
    parser_.body_limit(std::uint64_t{256} << 20);
    stream_.expires_after(patience);
  }

  error_code run() {
    stream_.async_connect(endpoint_, [this](error_code trouble) {
      connected_ = !trouble;
      if (failed(trouble)) return;
      http::async_write(stream_, request_, [this](error_code after, std::size_t) {
        if (failed(after)) return;
        http::async_read(stream_, buffer_, parser_, [this](error_code end, std::size_t) { failed(end); });
      });
    });
    io_.run();
    return trouble_;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] const http::response<http::string_body>& response() const { return parser_.get(); }

 private:
  bool failed(error_code trouble) {
    trouble_ = trouble;
    return trouble.failed();
  }

  net::io_context io_{1};
  net::local::stream_protocol::endpoint endpoint_;
  Stream stream_;
  http::request<http::string_body> request_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  error_code trouble_;
  bool connected_ = false;
};

std::string member(const boost::json::value& problem, std::string_view name) {
  const auto* object = problem.if_object();
  const auto* value = object != nullptr ? object->if_contains(name) : nullptr;
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

Error connection_error(const Exchange& exchange, error_code trouble, const std::filesystem::path& folder) {
  namespace errc = boost::system::errc;
  if (!exchange.connected() && (trouble == errc::no_such_file_or_directory || trouble == errc::connection_refused)) {
    return {"no site runs in " + folder.string(), "", "start it with ringwall run --site " + folder.string()};
  }
  if (trouble == errc::permission_denied) {
    return {"the control socket may not be opened", control_socket(folder).string(),
            "run this as the user who runs the site"};
  }
  if (trouble == boost::beast::error::timeout) {
    return {"the site did not answer in time", folder.string(), "look at the site's log"};
  }
  return {"the connection to the site failed: " + trouble.message(), folder.string(), "look at the site's log"};
}

}  // namespace

std::filesystem::path control_socket(const std::filesystem::path& site_folder) {
  return site_folder / "run" / "control.sock";
}

ControlClient::ControlClient(std::filesystem::path site_folder, Duration patience)
    : folder_(std::move(site_folder)), patience_(patience) {}

Result<boost::json::value> ControlClient::call(std::string_view method, std::string_view path,
                                               const boost::json::value& body) const {
  const auto socket = control_socket(folder_);
  TRY_VOID(check_socket_path(socket));
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(method);
  request.target(path);
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  if (!body.is_null()) {
    request.set(http::field::content_type, "application/json");
    request.body() = boost::json::serialize(body);
  }
  request.prepare_payload();

  Exchange exchange(socket, std::move(request), patience_);
  if (const auto trouble = exchange.run()) return std::unexpected(connection_error(exchange, trouble, folder_));
  const auto& response = exchange.response();
  boost::json::value answer;
  if (!response.body().empty()) {
    error_code malformed;
    answer = boost::json::parse(response.body(), malformed);
    if (malformed) return fail("the site's answer is no JSON: " + malformed.message(), std::string(path));
  }
  if (response.result_int() / 100 == 2) return answer;
  std::string what = member(answer, "detail");
  if (what.empty()) what = fmt::format("the site answered {}", response.result_int());
  return fail(std::move(what), member(answer, "where"), member(answer, "mend"));
}

bool ControlClient::running() const {
  const auto answer = call("GET", "/");
  return answer.has_value() || answer.error().what != "no site runs in " + folder_.string();
}

}  // namespace ringwall::desktop
