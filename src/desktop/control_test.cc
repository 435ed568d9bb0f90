#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "desktop/control_client.h"
#include "desktop/control_server.h"

namespace ringwall::desktop {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A thread that runs what is posted to it, as the signalling thread does.
class PostThread {
 public:
  PostThread() : thread_([this] { run(); }) {}
  ~PostThread() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> work) {
    const std::lock_guard guard(mutex_);
    work_.push_back(std::move(work));
    wake_.notify_one();
  }
  [[nodiscard]] std::thread::id id() const { return thread_.get_id(); }

 private:
  void run() {
    for (;;) {
      std::unique_lock guard(mutex_);
      wake_.wait(guard, [this] { return !work_.empty(); });
      auto work = std::move(work_.front());
      work_.pop_front();
      guard.unlock();
      if (!work) return;
      work();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  std::thread thread_;
};

class Control : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ringwall-control-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static ApiRoutes routes(std::thread::id expected) {
    ApiRoutes routes;
    routes.add("GET", "/hello", [](const ApiRequest&, const Responder& to) { to.ok({{"hello", "world"}}); });
    routes.add("GET", "/thread",
               [expected](const ApiRequest&, const Responder& to) { to.ok(std::this_thread::get_id() == expected); });
    routes.add("POST", "/echo/{name}", [](const ApiRequest& request, const Responder& to) {
      to.reply(201, {{"name", request.parameters.at("name")}, {"body", request.body}});
    });
    routes.add("POST", "/later",
               [](const ApiRequest&, const Responder& to) { std::thread([to] { to.ok("later"); }).detach(); });
    routes.add("DELETE", "/agent", [](const ApiRequest&, const Responder& to) {
      to.fail(409, {"the agent is talking", "agent 1001", "wait"});
    });
    routes.add("GET", "/throws", [](const ApiRequest& request, const Responder&) { (void)request.body.at("x"); });
    routes.add("GET", "/nothing", [](const ApiRequest&, const Responder& to) { to.ok(nullptr); });
    routes.add("GET", "/forgets", [](const ApiRequest&, const Responder&) {});
    return routes;
  }

  Result<std::unique_ptr<ControlServer>> start() {
    return ControlServer::start({socket(), [this](std::function<void()> work) { thread_.post(std::move(work)); }},
                                routes(thread_.id()));
  }
  [[nodiscard]] std::filesystem::path socket() const { return control_socket(folder_); }
  [[nodiscard]] ControlClient client() const { return ControlClient(folder_); }

  /// Sends raw bytes and reads until the server closes.
  [[nodiscard]] std::string raw(std::string_view bytes) const {
    const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(file, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    while (!bytes.empty()) {
      const auto sent = ::send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(file, SHUT_WR);
    std::string answer;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(file, piece, sizeof piece)) > 0;)
      answer.append(piece, static_cast<std::size_t>(got));
    ::close(file);
    return answer;
  }

  std::filesystem::path folder_;
  PostThread thread_;
};

TEST_F(Control, AnswersOnTheThreadOfTheSite) {
  const auto server = start();
  ASSERT_TRUE(server) << server.error().text();
  EXPECT_EQ(client().call("GET", "/hello").value().at("hello"), "world");
  EXPECT_EQ(client().call("GET", "/thread").value(), true);
  EXPECT_TRUE(client().running());
}

TEST_F(Control, CarriesBodiesBothWays) {
  const auto server = start();
  const boost::json::value big(std::string(1'000'000, 'x'));
  const auto answer = client().call("POST", "/echo/ada%20b", {{"big", big}});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->at("name"), "ada b");
  EXPECT_EQ(answer->at("body").at("big"), big);
}

TEST_F(Control, AnswersLaterFromAnotherThread) {
  const auto server = start();
  EXPECT_EQ(client().call("POST", "/later").value(), "later");
}

TEST_F(Control, GivesNullForAnEmptyAnswer) {
  const auto server = start();
  EXPECT_TRUE(client().call("GET", "/nothing").value().is_null());
}

TEST_F(Control, ReportsAProblemAsAnError) {
  const auto server = start();
  const auto answer = client().call("DELETE", "/agent");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, "the agent is talking");
  EXPECT_EQ(answer.error().where, "agent 1001");
  EXPECT_EQ(answer.error().mend, "wait");
}

TEST_F(Control, SurvivesAHandlerThatThrowsOrForgets) {
  const auto server = start();
  EXPECT_THAT(client().call("GET", "/throws").error().what, HasSubstr("failed inside the site"));
  EXPECT_THAT(client().call("GET", "/forgets").error().what, HasSubstr("dropped without an answer"));
  EXPECT_TRUE(client().call("GET", "/hello"));
}

TEST_F(Control, SaysThatNoSiteRuns) {
  const auto answer = client().call("GET", "/hello");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, "no site runs in " + folder_.string());
  EXPECT_THAT(answer.error().mend, StartsWith("start it with ringwall run"));
  EXPECT_FALSE(client().running());
}

TEST_F(Control, OnlyTheOwnerMayOpenTheSocket) {
  const auto server = start();
  struct stat found{};
  ASSERT_EQ(::stat(socket().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(socket().parent_path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
}

TEST_F(Control, RemovesTheSocketWhenItStops) {
  {
    const auto server = start();
  }
  EXPECT_FALSE(std::filesystem::exists(socket()));
  EXPECT_TRUE(start());
}

TEST_F(Control, ReplacesTheSocketOfAKilledProcess) {
  std::filesystem::create_directories(socket().parent_path());
  const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(file, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(file);  // the file stays, as after kill -9
  EXPECT_THAT(client().call("GET", "/hello").error().what, StartsWith("no site runs in"));
  const auto server = start();
  ASSERT_TRUE(server) << server.error().text();
  EXPECT_TRUE(client().call("GET", "/hello"));
}

TEST_F(Control, DoesNotReplaceASiteThatRuns) {
  const auto server = start();
  const auto second = start();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, "a site already runs in this folder");
  EXPECT_TRUE(client().call("GET", "/hello"));
}

TEST_F(Control, DoesNotReplaceAForeignListener) {
  std::filesystem::create_directories(socket().parent_path());
  const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(file, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(file, 1), 0);
  EXPECT_FALSE(start());
  EXPECT_TRUE(std::filesystem::exists(socket()));
  ::close(file);
}

TEST_F(Control, DoesNotReplaceAFile) {
  std::filesystem::create_directories(socket().parent_path());
  std::ofstream(socket()) << "precious";
  const auto server = start();
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("no socket"));
  EXPECT_TRUE(std::filesystem::exists(socket()));
}

TEST_F(Control, RefusesAPathThatIsTooLong) {
  const auto server = ControlServer::start({folder_ / std::string(100, 'x') / "control.sock", {}}, {});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("longer than"));
  EXPECT_FALSE(ControlClient(folder_ / std::string(100, 'x')).call("GET", "/"));
}

TEST_F(Control, RefusesWhatIsNoHttp) {
  const auto server = start();
  EXPECT_THAT(raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(raw("GET /hello HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(raw("GET /hel"), "");
}

TEST_F(Control, RefusesALongHeaderAndALongBody) {
  const auto server = start();
  EXPECT_THAT(raw("GET /hello HTTP/1.1\r\nX: " + std::string(limits::control_header_bytes, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(raw(fmt::format("POST /echo/a HTTP/1.1\r\nContent-Length: {}\r\n\r\n", limits::api_body_bytes + 1)),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(Control, ServesSeveralRequestsOnOneConnection) {
  const auto server = start();
  const auto answers =
      raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nPUT /hello HTTP/1.1\r\nHost: x\r\n\r\n"
          "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("200 OK"));
  EXPECT_THAT(answers, HasSubstr("405 Method Not Allowed"));
  EXPECT_THAT(answers, HasSubstr("Allow: GET"));
  EXPECT_THAT(answers, HasSubstr("404 Not Found"));
  EXPECT_THAT(answers, HasSubstr("application/problem+json"));
}

TEST_F(Control, RefusesTooManyConnections) {
  const auto server = start();
  std::vector<int> files;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
  for (std::size_t i = 0; i < limits::control_connections; ++i) {
    files.push_back(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(files.back(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  const auto refused = client().call("GET", "/hello");
  EXPECT_FALSE(refused);
  for (int file : files)
    ::close(file);
  // The places come back when the server has seen the connections close.
  Result<boost::json::value> answer = client().call("GET", "/hello");
  for (int attempt = 0; !answer && attempt < 100; ++attempt) {
    ::usleep(20'000);
    answer = client().call("GET", "/hello");
  }
  EXPECT_TRUE(answer);
}

TEST_F(Control, ALateAnswerAfterTheEndGoesNowhere) {
  std::optional<Responder> kept;
  std::mutex mutex;
  std::condition_variable have;
  ApiRoutes keeping;
  keeping.add("GET", "/keep", [&](const ApiRequest&, const Responder& to) {
    const std::lock_guard guard(mutex);
    kept = to;
    have.notify_one();
  });
  auto server =
      ControlServer::start({socket(), [this](auto work) { thread_.post(std::move(work)); }}, std::move(keeping));
  std::thread caller([this] { EXPECT_FALSE(client().call("GET", "/keep")); });
  {
    std::unique_lock guard(mutex);
    have.wait(guard, [&] { return kept.has_value(); });
  }
  server->reset();
  caller.join();
  kept->ok("too late");
  kept.reset();
}

TEST_F(Control, StopsWithAHandlerStillPosted) {
  std::vector<std::function<void()>> held;
  std::mutex mutex;
  std::condition_variable have;
  auto server = ControlServer::start({socket(),
                                      [&](std::function<void()> work) {
                                        const std::lock_guard guard(mutex);
                                        held.push_back(std::move(work));
                                        have.notify_one();
                                      }},
                                     routes({}));
  std::thread caller([this] { EXPECT_FALSE(client().call("GET", "/throws")); });
  {
    std::unique_lock guard(mutex);
    have.wait(guard, [&] { return !held.empty(); });
  }
  server->reset();
  caller.join();
  held.front()();
}

}  // namespace
}  // namespace ringwall::desktop
