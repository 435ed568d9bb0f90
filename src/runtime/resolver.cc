#include "runtime/resolver.h"

#include <unbound.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <list>

#include "base/log.h"
#include "base/metric.h"
#include "runtime/signalling_loop_impl.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr int internet = 1;  // class IN

struct ContextDeleter {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextDeleter>;

Result<> check(int code, std::string_view what) {
  if (code == UB_NOERROR) return {};
  return fail(fmt::format("{}: {}", what, ub_strerror(code)), "DNS", "check [sip] name_servers");
}

/// libunbound writes an address with another port than 53 as "192.0.2.1@5353".
std::string forward_address(const NetAddress& server) {
  return server.port == 53 ? server.ip : fmt::format("{}@{}", server.ip, server.port);
}

Result<> configure(ub_ctx* context, const ResolverOptions& options) {
  for (const NetAddress& server : options.name_servers) {
    TRY_VOID(check(ub_ctx_set_fwd(context, forward_address(server).c_str()), "a name server cannot be used"));
    // A server on this machine, as tests and local forwarders are; libunbound leaves those out unless told.
    TRY_VOID(check(ub_ctx_set_option(context, "do-not-query-localhost:", "no"), "DNS options"));
  }
  if (options.name_servers.empty()) {
    TRY_VOID(check(ub_ctx_resolvconf(context, nullptr), "the system's name servers cannot be read"));
    TRY_VOID(check(ub_ctx_hosts(context, nullptr), "the system's hosts cannot be read"));
  }
  if (!options.trust_anchor.empty())
    TRY_VOID(check(ub_ctx_add_ta_file(context, options.trust_anchor.c_str()), "the DNSSEC anchor cannot be used"));
  TRY_VOID(check(ub_ctx_async(context, 1), "DNS cannot work beside the loop"));  // a thread of its own, no fork
  // libunbound answers for this zone itself (RFC 6761 section 6.2), but a site's own name servers may serve it.
  return check(ub_ctx_zone_remove(context, "test."), "DNS options");
}

sip::DnsAnswer read_answer(const sip::DnsQuestion& question, int code, const ub_result* result) {
  sip::DnsAnswer out;
  if (code != UB_NOERROR || result == nullptr) {
    out.trouble = code == UB_NOERROR ? "no answer" : ub_strerror(code);
    return out;
  }
  out.ttl = std::chrono::seconds(std::max(result->ttl, 0));
  out.secure = result->secure != 0;
  out.bogus = result->bogus != 0;
  if (out.bogus) {
    out.trouble = result->why_bogus != nullptr ? result->why_bogus : "DNSSEC validation failed";
    return out;
  }
  constexpr int no_error = 0, no_such_name = 3;
  if (result->rcode != no_error && result->rcode != no_such_name) {
    out.trouble = fmt::format("the name server answered with code {}", result->rcode);
    return out;
  }
  for (std::size_t i = 0; result->data != nullptr && result->data[i] != nullptr; ++i) {
    const Bytes data(reinterpret_cast<const std::uint8_t*>(result->data[i]),
                     static_cast<std::size_t>(std::max(result->len[i], 0)));
    if (const auto added = sip::add_record(out, question.type, data); !added)
      log::warning("dns", "{} {}: a record is left out: {}", sip::print(question.type), question.name,
                   added.error().text());
  }
  return out;
}

}  // namespace

struct Resolver::Core {
  /// A question under way. libunbound gets its address.
  struct Question {
    Core* core;
    std::list<Question>::iterator self;
    sip::DnsQuestion what;
    Answered answered;
    LoopTimer timer;
    int id = 0;
  };

  Core(SignallingLoop& signalling_loop, ResolverOptions wanted, Context made)
      : loop(signalling_loop),
        options(std::move(wanted)),
        context(std::move(made)),
        descriptor(loop.impl().context, ub_fd(context.get())) {}
  ~Core() {
    descriptor.release();  // it is libunbound's
  }

  void wait();
  void ask(const sip::DnsQuestion& question, Answered answered);
  void answer(std::list<Question>::iterator question, const sip::DnsAnswer& answer);
  void answer_later(Answered answered, std::string trouble);
  static void on_answer(void* data, int code, ub_result* result);

  SignallingLoop& loop;
  ResolverOptions options;
  std::list<Question> questions;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  Context context;  // after the questions: no callback comes once it is gone
  asio::posix::stream_descriptor descriptor;
};

void Resolver::Core::wait() {
  descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                        [this, living = std::weak_ptr<bool>(alive)](const boost::system::error_code& trouble) {
                          if (trouble || living.expired()) return;
                          ub_process(context.get());
                          if (!living.expired()) wait();
                        });
}

void Resolver::Core::ask(const sip::DnsQuestion& question, Answered answered) {
  Metrics::instance().counter("ringwall_dns_questions_total").add();
  if (questions.size() >= options.questions)
    return answer_later(std::move(answered), fmt::format("{} questions are under way", questions.size()));
  questions.push_back({.core = this, .what = question, .answered = std::move(answered)});
  const auto asked = std::prev(questions.end());
  asked->self = asked;
  const int code = ub_resolve_async(context.get(), question.name.c_str(), static_cast<int>(question.type), internet,
                                    &*asked, &Core::on_answer, &asked->id);
  if (code != UB_NOERROR) {
    answer_later(std::move(asked->answered), ub_strerror(code));
    questions.erase(asked);
    return;
  }
  asked->timer = loop.after(options.time, [this, asked] {
    ub_cancel(context.get(), asked->id);
    const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(options.time).count() / 1000.0;
    answer(asked, {.trouble = fmt::format("no answer in {} s", seconds)});
  });
}

void Resolver::Core::answer(std::list<Question>::iterator question, const sip::DnsAnswer& given) {
  if (!given.trouble.empty())
    Metrics::instance()
        .counter("ringwall_dns_failures_total", given.bogus ? "reason=\"bogus\"" : "reason=\"no-answer\"")
        .add();
  const Answered answered = std::move(question->answered);
  questions.erase(question);
  answered(given);
}

void Resolver::Core::answer_later(Answered answered, std::string trouble) {
  loop.post([answered = std::move(answered), trouble = std::move(trouble), living = std::weak_ptr<bool>(alive)] {
    if (!living.expired()) answered({.trouble = trouble});
  });
}

void Resolver::Core::on_answer(void* data, int code, ub_result* result) {
  auto* question = static_cast<Question*>(data);
  const sip::DnsAnswer given = read_answer(question->what, code, result);
  ub_resolve_free(result);
  // Not inside ub_process: what the answer leads to may ask again, or end this resolver.
  question->timer.cancel();
  question->core->loop.post(
      [core = question->core, self = question->self, given, living = std::weak_ptr<bool>(question->core->alive)] {
        if (!living.expired()) core->answer(self, given);
      });
}

Resolver::Resolver(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Resolver::~Resolver() = default;

Result<std::unique_ptr<Resolver>> Resolver::create(SignallingLoop& loop, ResolverOptions options) {
  Context context(ub_ctx_create());
  if (!context) return fail("the resolver cannot be made", "DNS", "look for memory and file descriptors");
  TRY_VOID(configure(context.get(), options));
  auto core = std::make_unique<Core>(loop, std::move(options), std::move(context));
  core->wait();
  return std::unique_ptr<Resolver>(new Resolver(std::move(core)));
}

void Resolver::ask(const sip::DnsQuestion& question, Answered answered) {
  core_->ask(question, std::move(answered));
}
std::size_t Resolver::under_way() const {
  return core_->questions.size();
}

}  // namespace ringwall::runtime
