#include "desktop/api_routes.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace ringwall::desktop {
namespace {

using testing::HasSubstr;

class Routes : public testing::Test {
 protected:
  Routes() {
    for (auto [method, pattern] : {std::pair{"GET", "/"},
                                   {"GET", "/agents"},
                                   {"GET", "/agents/{id}"},
                                   {"GET", "/agents/all"},
                                   {"POST", "/agents/{id}/state"},
                                   {"DELETE", "/agents/{id}"}}) {
      routes_.add(
          method, pattern,
          [this, name = std::string(method) + " " + pattern](const ApiRequest&, const Responder&) { called_ = name; });
    }
  }

  ApiRoutes::Match matched(std::string_view method, std::string_view target, std::string_view body = "",
                           std::string_view type = "application/json") {
    auto outcome = routes_.route(method, target, type, body);
    if (auto* match = std::get_if<ApiRoutes::Match>(&outcome)) {
      (*match->handler)(match->request, Responder([](const ApiResponse&) {}));
      return *match;
    }
    ADD_FAILURE() << "refused with " << std::get<ApiResponse>(outcome).status;
    return {};
  }
  ApiResponse refused(std::string_view method, std::string_view target, std::string_view body = "",
                      std::string_view type = "application/json") {
    auto outcome = routes_.route(method, target, type, body);
    if (auto* refusal = std::get_if<ApiResponse>(&outcome)) return *refusal;
    ADD_FAILURE() << "was matched";
    return {};
  }

  ApiRoutes routes_;
  std::string called_;
};

TEST_F(Routes, FindsTheHandlerAndFillsTheParameters) {
  EXPECT_EQ(matched("POST", "/agents/1001/state", R"({"state":"READY"})").request.parameters["id"], "1001");
  EXPECT_EQ(called_, "POST /agents/{id}/state");
}

TEST_F(Routes, ServesTheRoot) {
  matched("GET", "/");
  EXPECT_EQ(called_, "GET /");
}

TEST_F(Routes, PrefersTextToAParameter) {
  matched("GET", "/agents/all");
  EXPECT_EQ(called_, "GET /agents/all");
  matched("GET", "/agents/al");
  EXPECT_EQ(called_, "GET /agents/{id}");
}

TEST_F(Routes, DecodesPathAndQuery) {
  const auto match = matched("GET", "/agents/a%2Fb%20c?limit=5&name=x%26y&flag&=nothing");
  EXPECT_EQ(match.request.parameters.at("id"), "a/b c");
  EXPECT_EQ(match.request.query, (std::map<std::string, std::string>{{"limit", "5"}, {"name", "x&y"}, {"flag", ""}}));
}

TEST_F(Routes, ReadsTheBody) {
  const auto match = matched("POST", "/agents/1/state", R"({"state":"READY"})", "application/json; charset=utf-8");
  EXPECT_EQ(text_member(match.request.body, "state").value(), "READY");
  EXPECT_FALSE(text_member(match.request.body, "reason").has_value());
  EXPECT_FALSE(text_member(nullptr, "state").has_value());
}

TEST_F(Routes, RefusesAnUnknownPath) {
  const auto refusal = refused("GET", "/queues");
  EXPECT_EQ(refusal.status, 404);
  EXPECT_EQ(refusal.body.at("where"), "/queues");
  EXPECT_EQ(refused("GET", "/agents/1/state/x").status, 404);
}

TEST_F(Routes, RefusesAnUnknownMethodAndSaysWhichAreKnown) {
  const auto refusal = refused("PUT", "/agents/1001");
  EXPECT_EQ(refusal.status, 405);
  EXPECT_THAT(refusal.allow, HasSubstr("GET"));
  EXPECT_THAT(refusal.allow, HasSubstr("DELETE"));
}

TEST_F(Routes, RefusesAMalformedTarget) {
  for (const char* target : {"", "agents", "//", "/agents//state", "/agents/%", "/agents/%4", "/agents/%zz",
                             "/agents/%00", "/agents/%0a", "/agents?x=%", "*", "http://host/agents", "/agents/"}) {
    EXPECT_EQ(refused("GET", target).status, 400) << target;
  }
}

TEST_F(Routes, RefusesALongTarget) {
  EXPECT_EQ(refused("GET", "/" + std::string(limits::control_target_bytes, 'a')).status, 414);
}

TEST_F(Routes, RefusesABodyThatIsNoJson) {
  EXPECT_EQ(refused("POST", "/agents/1/state", "{").status, 400);
  EXPECT_EQ(refused("POST", "/agents/1/state", "{} x").status, 400);
  EXPECT_EQ(refused("POST", "/agents/1/state", "\"\xff\"").status, 400);
  EXPECT_EQ(refused("POST", "/agents/1/state", "state=READY", "application/x-www-form-urlencoded").status, 415);
}

TEST_F(Routes, RefusesADeepBody) {
  const std::string deep(limits::control_json_depth + 1, '[');
  EXPECT_EQ(refused("POST", "/agents/1/state", deep + std::string(deep.size(), ']')).status, 400);
}

TEST_F(Routes, RefusesALongBody) {
  EXPECT_EQ(refused("POST", "/agents/1/state", std::string(limits::api_body_bytes + 1, ' ')).status, 413);
}

TEST(Problem, HasTheMembersOfRfc9457) {
  const auto response = problem(409, {"the agent is talking", "agent 1001", "wait for the end of the call"});
  EXPECT_EQ(response.body.at("type"), "about:blank");
  EXPECT_EQ(response.body.at("title"), "Conflict");
  EXPECT_EQ(response.body.at("status"), 409);
  EXPECT_EQ(response.body.at("detail"), "the agent is talking");
  EXPECT_EQ(response.body.at("mend"), "wait for the end of the call");
}

TEST(Problem, IsValidTextWhateverItQuotes) {
  EXPECT_EQ(problem(400, {"bad \xff\xc3 name", "", ""}).body.at("detail"), "bad ?? name");
  EXPECT_EQ(problem(400, {"bad \xc3\xa9 name", "", ""}).body.at("detail"), "bad \xc3\xa9 name");
}

TEST(ResponderTest, GivesOnlyTheFirstAnswer) {
  std::vector<int> statuses;
  {
    const Responder responder([&](const ApiResponse& response) { statuses.push_back(response.status); });
    responder.reply(201, nullptr);
    responder.ok(nullptr);
  }
  EXPECT_THAT(statuses, testing::ElementsAre(201));
}

TEST(ResponderTest, AnswersWhenItIsDropped) {
  std::vector<int> statuses;
  {
    const Responder responder([&](const ApiResponse& response) { statuses.push_back(response.status); });
  }
  EXPECT_THAT(statuses, testing::ElementsAre(500));
}

}  // namespace
}  // namespace ringwall::desktop
