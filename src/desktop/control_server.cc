#include "desktop/control_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"
#include "desktop/control_session.h"
#include "desktop/control_socket.h"

namespace ringwall::desktop {

namespace net = boost::asio;
using boost::beast::error_code;

/// Responders hold the core, so that a late answer has somewhere to go; sessions do not, so nothing holds itself.
struct ControlServer::Core : std::enable_shared_from_this<ControlServer::Core> {
  Core(Options how, ApiRoutes what, FileLock held)
      : options(std::move(how)), routes(std::move(what)), lock(std::move(held)), acceptor(io), linger(io) {}

  Result<> listen();
  void accept();
  void serve(const std::shared_ptr<ControlSession>& session, ControlSession::Request request);
  void run_handler(ApiRoutes::Match match, Responder responder);
  void stop();

  net::io_context io{1};
  Options options;
  ApiRoutes routes;
  FileLock lock;
  LocalProtocol::acceptor acceptor;
  net::steady_timer linger;
  std::shared_ptr<const ControlSession::Serve> serve_session;
  std::shared_ptr<void> place = std::make_shared<int>();  ///< one more holder per connection
  std::vector<std::weak_ptr<ControlSession>> sessions;
  std::atomic<bool> stopped = false;  ///< the state that handlers work on may be gone
  std::thread thread;
};

namespace {

Error socket_error(std::string_view doing, const std::filesystem::path& path, const error_code& trouble) {
  return {fmt::format("cannot {} the control socket: {}", doing, trouble.message()), path.string(),
          "check that the site's run folder belongs to the user who runs the site"};
}

/// Beside the socket: held while the site runs, so that two sites that start at once cannot both find the socket stale.
std::filesystem::path lock_path(const std::filesystem::path& socket) {
  auto path = socket;
  return path += ".lock";
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(Options options, ApiRoutes routes) {
  const auto folder = options.socket.parent_path();
  std::error_code trouble;
  if (!folder.empty() && std::filesystem::create_directories(folder, trouble)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, trouble);
  }
  if (trouble) return fail("cannot make the run folder: " + trouble.message(), folder.string());
  TRY_VOID(check_socket_path(options.socket));
  TRY(auto lock, FileLock::take(lock_path(options.socket)));
  TRY_VOID(clear_socket_path(options.socket));
  auto core = std::make_shared<Core>(std::move(options), std::move(routes), std::move(lock));
  TRY_VOID(core->listen());
  core->accept();
  core->thread = std::thread([raw = core.get()] { raw->io.run(); });
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(core)));
}

Result<> ControlServer::Core::listen() {
  const auto& path = options.socket;
  error_code trouble;
  acceptor.open(LocalProtocol{}, trouble);
  if (!trouble) acceptor.bind(LocalProtocol::endpoint(path.string()), trouble);
  if (trouble) return std::unexpected(socket_error("bind", path, trouble));
  // Nobody can connect before listen(), so nobody can connect while the mode is still the umask's.
  if (::chmod(path.c_str(), 0600) != 0) trouble.assign(errno, boost::system::system_category());
  if (!trouble) acceptor.listen(net::socket_base::max_listen_connections, trouble);
  if (trouble) return std::unexpected(socket_error("listen on", path, trouble));
  serve_session = std::make_shared<const ControlSession::Serve>(
      [this](const std::shared_ptr<ControlSession>& session, ControlSession::Request request) {
        serve(session, std::move(request));
      });
  return {};
}

void ControlServer::Core::accept() {
  acceptor.async_accept([this](error_code trouble, LocalProtocol::socket socket) {
    if (!acceptor.is_open()) return;
    static Counter& refused = Metrics::instance().counter("ringwall_control_connections_refused_total");
    std::erase_if(sessions, [](const auto& session) { return session.expired(); });
    const auto connections = static_cast<std::size_t>(place.use_count() - 1);
    if (trouble) {
      log::warning("control", "a connection was not accepted: {}", trouble.message());
      linger.expires_after(std::chrono::milliseconds(100));  // out of descriptors: do not spin
      linger.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
      return;
    }
    if (connections >= limits::control_connections) {
      refused.add();
      log::warning("control", "a connection was refused: {} are open", connections);
    } else {
      auto session = std::make_shared<ControlSession>(std::move(socket), serve_session, place);
      sessions.push_back(session);
      session->start();
    }
    accept();
  });
}

void ControlServer::Core::serve(const std::shared_ptr<ControlSession>& session, ControlSession::Request request) {
  Responder responder([core = shared_from_this(), weak = std::weak_ptr(session),
                       number = session->current_request()](ApiResponse response) {
    net::post(core->io, [weak, number, response = std::move(response)]() mutable {
      if (auto alive = weak.lock()) alive->deliver(number, std::move(response));
    });
  });
  auto routed = routes.route(request.method_string(), request.target(),
                             request[boost::beast::http::field::content_type], request.body());
  if (auto* refusal = std::get_if<ApiResponse>(&routed)) return responder.answer(std::move(*refusal));
  // std::function wants to be copied; the request is moved once and shared.
  auto match = std::make_shared<ApiRoutes::Match>(std::get<ApiRoutes::Match>(std::move(routed)));
  options.post([core = shared_from_this(), match, responder] {
    if (!core->stopped) core->run_handler(std::move(*match), responder);
  });
}

void ControlServer::Core::run_handler(ApiRoutes::Match match, Responder responder) {
  const std::string place_of_call = match.request.method + " " + match.request.path;
  try {
    (*match.handler)(std::move(match.request), responder);
  } catch (const std::exception& trouble) {
    log::error("control", "{}: {}", place_of_call, trouble.what());
    responder.fail(500, {"the request failed inside the site", place_of_call, "see the site's log"});
  }
}

/// Answers under way may still leave; a client that does not take its answer is not waited for.
void ControlServer::Core::stop() {
  error_code ignored;
  acceptor.close(ignored);
  for (const auto& weak : sessions) {
    if (auto session = weak.lock()) session->finish();
  }
  linger.expires_after(std::chrono::milliseconds(300));
  if (place.use_count() == 1) {
    linger.cancel();
    return;
  }
  linger.async_wait([this](error_code) {
    for (const auto& weak : sessions) {
      if (auto session = weak.lock()) session->close();
    }
  });
}

ControlServer::ControlServer(std::shared_ptr<Core> core) : core_(std::move(core)) {}

ControlServer::~ControlServer() {
  core_->stopped = true;
  net::post(core_->io, [core = core_.get()] { core->stop(); });
  core_->thread.join();
  ::unlink(core_->options.socket.c_str());
}

}  // namespace ringwall::desktop
