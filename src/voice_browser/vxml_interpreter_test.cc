#include "voice_browser/vxml_interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "call/form_urlencoded.h"

namespace ringwall::voice_browser::vxml {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string describe(const Clip& clip) {
  if (clip.sources.empty()) return fmt::format("{}ms", clip.silence.count());
  return fmt::format("{}", fmt::join(clip.sources, "|"));
}

/// One word per output: "play a.wav,b.wav", "play! a.wav" (no barge-in), "stop", "collect f", "load x", "exit a=1", ...
struct Describe {
  std::string operator()(const Play& play) const {
    std::string out = play.bargein ? "play " : "play! ";
    for (const Clip& clip : play.clips)
      out += (out.back() == ' ' ? "" : ",") + describe(clip);
    return out;
  }
  std::string operator()(const StopPlay&) const { return "stop"; }
  std::string operator()(const Collect& collect) const { return "collect " + collect.field; }
  std::string operator()(const Load& load) const { return "load " + load.uri; }
  std::string operator()(const Exit& exit) const {
    return "exit " + (exit.error.empty() ? call::print_form_urlencoded(exit.values) : "error " + exit.error);
  }
  std::string operator()(const Disconnect& disconnect) const {
    return "disconnect " + call::print_form_urlencoded(disconnect.values);
  }
  std::string operator()(const Log& log) const { return "log " + log.text; }
};

DocumentPtr page(std::string_view body, std::string name = "p.vxml") {
  auto loaded = parse_document("<vxml version='2.1'>" + std::string(body) + "</vxml>", std::move(name));
  EXPECT_TRUE(loaded) << loaded.error().text();
  return loaded ? *loaded : nullptr;
}

/// One caller in virtual time.
class Caller {
 public:
  explicit Caller(std::string_view body, SessionVariables session = {}) : interpreter(std::move(session)) {
    interpreter.start(page(body), now);
  }
  explicit Caller(DocumentPtr document) { interpreter.start(std::move(document), now); }

  std::vector<std::string> heard() {
    std::vector<std::string> out;
    while (auto output = interpreter.poll())
      out.push_back(std::visit(Describe(), *output));
    return out;
  }
  void key(std::string_view digits) {
    for (const char c : digits)
      interpreter.digit(c, now);
  }
  void played() { interpreter.play_finished(now += 1s); }
  void wait(Duration time) {
    now += time;
    interpreter.expire(now);
  }

  Time now{};
  Interpreter interpreter;
};

constexpr std::string_view one_digit = R"(<form><field name="key" type="digits?length=1">
    <prompt><audio src="menu.wav"/></prompt><filled><exit namelist="key"/></filled></field></form>)";

TEST(Interpreter, PromptsThenDigitThenExit) {
  Caller caller(one_digit);
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play menu.wav"));
  EXPECT_FALSE(caller.interpreter.next_timer());
  caller.played();
  EXPECT_EQ(caller.interpreter.next_timer(), caller.now + 5s);
  caller.key("7");
  EXPECT_THAT(caller.heard(), ElementsAre("exit key=7"));
  EXPECT_TRUE(caller.interpreter.finished());
  EXPECT_FALSE(caller.interpreter.next_timer());
}

TEST(Interpreter, BargeInStopsThePrompt) {
  Caller caller(one_digit);
  caller.heard();
  caller.key("1");
  EXPECT_THAT(caller.heard(), ElementsAre("stop", "exit key=1"));
}

TEST(Interpreter, PromptWithoutBargeInIgnoresKeys) {
  Caller caller(R"(<form><field name="key" type="digits?length=1"><prompt bargein="false"><audio src="a.wav"/></prompt>
      <prompt><audio src="b.wav"/></prompt><filled><exit namelist="key"/></filled></field></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play! a.wav"));
  caller.key("1");
  EXPECT_THAT(caller.heard(), ElementsAre());
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre("play b.wav"));
  caller.key("2");
  EXPECT_THAT(caller.heard(), ElementsAre("stop", "exit key=2"));
}

TEST(Interpreter, BargeInPropertyIsInherited) {
  Caller caller(R"(<property name="bargein" value="false"/><form><block><audio src="a.wav"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("play! a.wav"));
}

TEST(Interpreter, BlocksQueueTheirPromptsUntilTheField) {
  Caller caller(R"(<form><block><audio src="hello.wav"/></block><block><prompt><break time="200ms"/></prompt></block>
      <field name="key" type="digits?length=1"><prompt><audio src="menu.wav"><audio src="old.wav"/></audio></prompt></field></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play hello.wav,200ms,menu.wav|old.wav"));
}

TEST(Interpreter, NoInputCountsAndDefaultReprompts) {
  Caller caller(R"(<form><field name="key" type="digits?length=1"><prompt><audio src="menu.wav"/></prompt>
      <prompt count="2"><audio src="again.wav"/></prompt>
      <noinput count="2"><prompt><audio src="bye.wav"/></prompt><exit/></noinput></field></form>)");
  caller.heard();
  caller.played();
  caller.wait(5s);
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play again.wav"));
  caller.played();
  caller.wait(4999ms);
  EXPECT_THAT(caller.heard(), ElementsAre());
  caller.wait(1ms);
  EXPECT_THAT(caller.heard(), ElementsAre("play! bye.wav"));
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre("exit "));
}

TEST(Interpreter, HandlerWithoutRepromptStaysSilent) {
  Caller caller(R"(<form><field name="key" type="digits?length=1"><prompt><audio src="menu.wav"/></prompt>
      <noinput><prompt><audio src="sorry.wav"/></prompt></noinput></field></form>)");
  caller.heard();
  caller.played();
  caller.wait(5s);
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play sorry.wav"));
}

TEST(Interpreter, NoMatchIsRaisedByTheFirstWrongKey) {
  Caller caller(R"(<form><field name="key"><option dtmf="1" value="sales"/><option dtmf="2 3"/>
      <nomatch><log>wrong</log><reprompt/></nomatch><filled><exit namelist="key"/></filled></field></form>)");
  caller.heard();
  caller.key("9");
  EXPECT_THAT(caller.heard(), ElementsAre("log wrong", "collect key"));
  caller.key("1");
  EXPECT_THAT(caller.heard(), ElementsAre("exit key=sales"));
}

TEST(Interpreter, HandlersAreFoundFromTheFieldOutwards) {
  Caller caller(R"(<noinput><log>page</log></noinput><form><noinput><log>form</log></noinput>
      <field name="key" type="digits?length=1"><noinput cond="false"><log>field</log></noinput></field></form>)");
  caller.heard();
  caller.wait(5s);
  EXPECT_THAT(caller.heard(), ElementsAre("log form", "collect key"));
}

TEST(Interpreter, InterdigitTimeoutEndsTheInput) {
  Caller caller(
      R"(<form><property name="interdigittimeout" value="2s"/><field name="n" type="digits?minlength=2;maxlength=5">
      <nomatch><exit expr="'short'"/></nomatch><filled><exit namelist="n"/></filled></field></form>)");
  caller.heard();
  caller.key("123");
  EXPECT_EQ(caller.interpreter.next_timer(), caller.now + 2s);
  caller.wait(2s);
  EXPECT_THAT(caller.heard(), ElementsAre("exit n=123"));
}

TEST(Interpreter, TooFewDigitsAreNoMatch) {
  Caller caller(
      R"(<form><field name="n" type="digits?minlength=2;maxlength=5"><nomatch><exit expr="'short'"/></nomatch></field></form>)");
  caller.heard();
  caller.key("1");
  caller.wait(3s);
  EXPECT_THAT(caller.heard(), ElementsAre("exit __exit=short"));
}

TEST(Interpreter, TerminatingKeyEndsTheInput) {
  Caller caller(R"(<form><field name="n" type="digits"><filled><exit namelist="n"/></filled></field></form>)");
  caller.heard();
  caller.key("42#");
  EXPECT_THAT(caller.heard(), ElementsAre("exit n=42"));
}

TEST(Interpreter, TermTimeoutWaitsForTheTerminatingKey) {
  Caller caller(
      R"(<form><property name="termtimeout" value="1s"/><field name="n" type="digits?length=2"><filled><exit namelist="n"/>
      </filled></field></form>)");
  caller.heard();
  caller.key("42");
  EXPECT_EQ(caller.interpreter.next_timer(), caller.now + 1s);
  caller.key("#");
  EXPECT_THAT(caller.heard(), ElementsAre("exit n=42"));
}

TEST(Interpreter, TypeAheadReachesTheNextFields) {
  Caller caller(R"(<form><field name="a" type="digits?length=1"/><block><audio src="mid.wav"/></block>
      <field name="b" type="digits?length=2"/><filled><exit namelist="a b"/></filled></form>)");
  caller.heard();
  caller.key("1");
  caller.key("23");
  EXPECT_THAT(caller.heard(), ElementsAre("collect b", "play mid.wav", "stop", "exit a=1&b=23"));
}

TEST(Interpreter, KeysWhilePlayingOutCountForTheNextField) {
  DocumentPtr first = page(R"(<form><block><audio src="a.wav"/><goto next="q.vxml#f"/></block></form>)");
  Caller caller(first);
  EXPECT_THAT(caller.heard(), ElementsAre("play! a.wav"));
  caller.key("12");
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre("load q.vxml"));
  caller.interpreter.loaded(
      page(R"(<form/><form id="f"><field name="n" type="digits?length=2"><prompt><audio src="b.wav"/></prompt>
      <filled><exit namelist="n"/></filled></field></form>)"),
      caller.now);
  EXPECT_THAT(caller.heard(), ElementsAre("collect n", "exit n=12"));
}

TEST(Interpreter, VariablesConditionsAndAssignments) {
  Caller caller(
      R"(<var name="total" expr="1"/><form><var name="mine" expr="total + 1"/><block><var name="local" expr="'x'"/>
      <if cond="mine == 3"><exit expr="'no'"/><elseif cond="local == 'x'"/><assign name="total" expr="mine * 10"/><else/><exit/></if>
      <assign name="dialog.mine" expr="document.total + 5"/></block><block cond="mine == 25"><exit namelist="total mine"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("exit total=20&mine=25"));
}

TEST(Interpreter, SessionVariablesCanBeReadAndNotChanged) {
  const SessionVariables session{{"session.connection.remote.uri", "sip:4711@carrier.test"}};
  Caller reads(R"(<form><block><exit expr="session.connection.remote.uri.substring(4, 8) + ''"/></block></form>)",
               session);
  EXPECT_THAT(reads.heard(), ElementsAre("exit __exit=4711"));
  Caller writes(R"(<form><block><assign name="session.connection.remote.uri" expr="1"/></block></form>)", session);
  EXPECT_THAT(writes.heard(), ElementsAre(HasSubstr("exit error error.semantic: p.vxml:1: the variable")));
}

TEST(Interpreter, ShadowVariablesTellWhatWasKeyed) {
  Caller caller(R"(<form><field name="yes" type="boolean"><filled><if cond="yes === true"><exit
      expr="yes$.utterance + application.lastresult$.interpretation + yes$.inputmode"/></if></filled></field></form>)");
  caller.heard();
  caller.key("1");
  EXPECT_THAT(caller.heard(), ElementsAre("exit __exit=1truedtmf"));
}

TEST(Interpreter, ClearAsksAgain) {
  Caller caller(R"(<form><field name="a" type="digits?length=1"><prompt><audio src="first.wav"/></prompt>
      <prompt count="2"><audio src="second.wav"/></prompt><filled><if cond="a == 9"><clear namelist="a"/></if></filled></field>
      <block><exit namelist="a"/></block></form>)");
  caller.heard();
  caller.key("9");
  EXPECT_THAT(caller.heard(), ElementsAre("stop", "collect a", "play first.wav"));
  caller.key("8");
  EXPECT_THAT(caller.heard(), ElementsAre("stop", "exit a=8"));
}

TEST(Interpreter, FormFilledWaitsForAllOfItsNames) {
  Caller caller(R"(<form><filled namelist="a b"><exit namelist="b a"/></filled><field name="a" type="digits?length=1"/>
      <field name="b" type="digits?length=1"/><field name="c" type="digits?length=1"/></form>)");
  caller.key("12");
  EXPECT_THAT(caller.heard(), ElementsAre("collect a", "collect b", "exit b=2&a=1"));
}

TEST(Interpreter, GotoItemFormAndExpression) {
  Caller caller(R"(<form><block><goto nextitem="late"/></block><block><exit expr="'wrong'"/></block>
      <block name="late"><goto expr="'#' + 'other'"/></block></form><form id="other"><block><exit expr="'right'"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("exit __exit=right"));
}

TEST(Interpreter, AFormWithNothingLeftExits) {
  Caller caller("<form/>");
  EXPECT_THAT(caller.heard(), ElementsAre("exit "));
}

TEST(Interpreter, PromptsArePlayedOutBeforeTheExit) {
  Caller caller(R"(<form><block><audio src="bye.wav"/><exit expr="1"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("play! bye.wav"));
  EXPECT_FALSE(caller.interpreter.finished());
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre("exit __exit=1"));
}

TEST(Interpreter, QueueMusicLoops) {
  auto queue = load_document(RINGWALL_SOURCE_DIR "/site/vxml", "queue.vxml");
  ASSERT_TRUE(queue);
  Caller caller(*queue);
  EXPECT_THAT(caller.heard(), ElementsAre("play! all-busy.wav,queue.wav"));
  for (int i = 0; i < 5'000; ++i) {
    caller.played();
    ASSERT_THAT(caller.heard(), ElementsAre("play! queue.wav"));
  }
  caller.interpreter.hung_up(caller.now);
  EXPECT_THAT(caller.heard(), ElementsAre("exit "));
}

TEST(Interpreter, AMusicLoopWhoseFileIsMissingEnds) {
  Caller caller(R"(<form id="m"><block><audio src="gone.wav"/><goto next="#m"/></block></form>)");
  int plays = 0;
  std::string last;
  while (!caller.interpreter.finished() && plays < 2'000) {
    for (const std::string& output : caller.heard())
      last = output;
    ++plays;
    caller.interpreter.play_finished(caller.now);  // at once: nothing could be played
  }
  EXPECT_TRUE(caller.interpreter.finished());
  EXPECT_THAT(caller.heard().back(), HasSubstr("without waiting"));
}

TEST(Interpreter, APageThatSpinsIsEnded) {
  Caller caller(
      R"(<form id="a"><block><goto next="#b"/></block></form><form id="b"><block><goto next="#a"/></block></form>)");
  EXPECT_THAT(caller.heard(),
              ElementsAre(HasSubstr("exit error error.semantic: p.vxml:1: the page took more than 1000 steps")));
}

TEST(Interpreter, PagesThatLoadEachOtherAreEnded) {
  DocumentPtr a = page(R"(<form><block><goto next="b.vxml"/></block></form>)", "a.vxml");
  DocumentPtr b = page(R"(<form><block><goto next="a.vxml"/></block></form>)", "b.vxml");
  Caller caller(a);
  int loads = 0;
  for (; !caller.interpreter.finished() && loads < 100; ++loads)
    caller.interpreter.loaded(loads % 2 == 0 ? b : a, caller.now);
  EXPECT_TRUE(caller.interpreter.finished());
  EXPECT_LT(loads, 25);
}

TEST(Interpreter, AHandlerThatThrowsItsOwnEventIsEnded) {
  Caller caller(
      R"(<catch event="again"><throw event="again"/></catch><form><block><throw event="again"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre(HasSubstr("without waiting")));
}

TEST(Interpreter, ErrorsCanBeCaughtAndOtherwiseEndThePage) {
  Caller caught(
      R"(<form><catch event="error"><exit expr="_event"/></catch><block><assign name="x" expr="1"/></block></form>)");
  EXPECT_THAT(caught.heard(), ElementsAre("exit __exit=error.semantic"));
  Caller not_caught(R"(<form><block><if cond="x == 1"/></block></form>)");
  EXPECT_THAT(not_caught.heard(), ElementsAre(HasSubstr("error.semantic: p.vxml:1: the variable 'x' is not declared")));
  Caller thrown(R"(<form><block><throw event="my.own"/></block></form>)");
  EXPECT_THAT(thrown.heard(), ElementsAre("exit error my.own"));
  Caller condition(R"(<form><catch cond="x"/><block><throw event="e"/></block></form>)");
  EXPECT_THAT(condition.heard(), ElementsAre(HasSubstr("the condition of a handler")));
}

TEST(Interpreter, APageThatCannotBeLoadedIsBadFetchInTheOldPage) {
  Caller caller(
      R"(<catch event="error.badfetch"><exit expr="'sorry'"/></catch><form><block><goto next="q.vxml"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("load q.vxml"));
  caller.interpreter.loaded(fail("gone", "q.vxml"), caller.now);
  EXPECT_THAT(caller.heard(), ElementsAre("exit __exit=sorry"));
}

TEST(Interpreter, AnErrorInThePagesOwnVariablesEndsIt) {
  Caller caller(R"(<var name="a" expr="b"/><form><block><exit expr="'no'"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre(HasSubstr("exit error error.semantic")));
}

TEST(Interpreter, HangUpLetsThePageFinishItsWork) {
  Caller caller(R"(<form><catch event="connection.disconnect.hangup"><log>gone</log><exit expr="'left'"/></catch>
      <field name="a" type="digits"><prompt><audio src="a.wav"/></prompt></field></form>)");
  caller.heard();
  caller.interpreter.hung_up(caller.now);
  EXPECT_THAT(caller.heard(), ElementsAre("log gone", "exit __exit=left"));
  caller.interpreter.hung_up(caller.now);
  caller.key("1");
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre());
}

TEST(Interpreter, AfterTheHangUpNothingIsPlayedOrAsked) {
  Caller caller(R"(<form><catch event="connection.disconnect"><audio src="b.wav"/><goto nextitem="more"/></catch>
      <field name="a" type="digits"/><block name="more"><log>work</log></block></form>)");
  caller.heard();
  caller.interpreter.hung_up(caller.now);
  EXPECT_THAT(caller.heard(), ElementsAre("log work", "exit "));
}

TEST(Interpreter, HangUpBeforeTheStartAndWhileLoading) {
  Interpreter early;
  early.hung_up(Time{});
  EXPECT_TRUE(early.finished());
  early.start(page("<form/>"), Time{});
  EXPECT_TRUE(early.poll());
  EXPECT_FALSE(early.poll());
  Caller loading(R"(<form><block><goto next="q.vxml"/></block></form>)");
  loading.interpreter.hung_up(loading.now);
  loading.interpreter.loaded(page("<form/>"), loading.now);
  EXPECT_THAT(loading.heard(), ElementsAre("load q.vxml", "exit "));
}

TEST(Interpreter, DisconnectHandsOverItsValues) {
  Caller caller(
      R"(<form><block><var name="a" expr="'b c'"/><audio src="bye.wav"/><disconnect namelist="a"/></block></form>)");
  EXPECT_THAT(caller.heard(), ElementsAre("play! bye.wav"));
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre("disconnect a=b+c", "exit "));
}

TEST(Interpreter, DigitsAreMaskedInTheLog) {
  Caller caller(
      R"(<form><field name="pin" type="digits?length=4"><filled><log label="step 2">keyed <value expr="'pin ' + pin"/></log>
      <log expr="pin"/></filled></field></form>)");
  caller.heard();
  caller.key("4711");
  EXPECT_THAT(caller.heard(), ElementsAre("log step 2: keyed pin ****", "log ****", "exit "));
}

TEST(Interpreter, TooManyQueuedPromptsAreAnError) {
  std::string audio;
  for (std::size_t i = 0; i <= limits::vxml_clips; ++i)
    audio += "<audio src='a.wav'/>";
  Caller caller("<form><block>" + audio + "</block></form>");
  EXPECT_THAT(caller.heard(), ElementsAre(HasSubstr("more than 256 prompts")));
}

TEST(Interpreter, TheWelcomePageAsksTwiceAndThenGoesOn) {
  auto welcome = load_document(RINGWALL_SOURCE_DIR "/site/vxml", "welcome.vxml");
  ASSERT_TRUE(welcome);
  Caller caller(*welcome);
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play welcome.wav,menu.wav"));
  caller.played();
  caller.wait(5s);
  EXPECT_THAT(caller.heard(), ElementsAre("collect key", "play no-input.wav,menu.wav"));
  caller.played();
  caller.wait(5s);
  EXPECT_THAT(caller.heard(),
              ElementsAre("log welcome: no key was pressed: the caller is queued without a choice", "exit choice="));
}

TEST(Interpreter, TheWelcomePageHandsOverTheChoice) {
  auto welcome = load_document(RINGWALL_SOURCE_DIR "/site/vxml", "welcome.vxml");
  ASSERT_TRUE(welcome);
  Caller caller(*welcome);
  caller.heard();
  caller.key("5");
  EXPECT_THAT(caller.heard(), ElementsAre("stop", "collect key", "play no-match.wav,menu.wav"));
  caller.key("1");
  EXPECT_THAT(caller.heard(), ElementsAre("stop", "play! thank-you.wav"));
  caller.played();
  EXPECT_THAT(caller.heard(), ElementsAre("exit choice=1"));
}

}  // namespace
}  // namespace ringwall::voice_browser::vxml
