#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"
#include "desktop/api_routes.h"

namespace ringwall::desktop {

/// The local control API: HTTP/1.1 with JSON over a Unix domain socket that only its owner may open (mode 0600).
///
/// The sockets live on a thread of the server's own. Every handler runs through `post`, so that it runs where the
/// site's state lives (the signalling thread); its responder may be kept and answered later, from any thread.
class ControlServer {
 public:
  using Post = std::function<void(std::function<void()>)>;

  struct Options {
    std::filesystem::path socket;  ///< <site>/run/control.sock; its folder is made (mode 0700) if it is missing
    Post post;
  };

  /// Begins to listen. A socket file that a killed process left is replaced; fails if another process serves the
  /// socket.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> start(Options options, ApiRoutes routes);

  /// Ends all connections, removes the socket file and joins the thread. Handlers that are posted and
  /// have not begun do not run any more when this is called where they run; what an earlier one still answers goes
  /// nowhere.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;

 private:
  struct Core;
  explicit ControlServer(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace ringwall::desktop
