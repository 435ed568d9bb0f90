#include "runtime/locator.h"

#include <algorithm>

#include "base/log.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

/// Bounds on how often a name is looked up, whatever its records say.
constexpr std::chrono::seconds shortest_hold = 1s, longest_hold = 1h, hold_after_failure = 5s;

std::string words(const sip::Located& located) {
  std::string out;
  for (const sip::Located::Host& host : located.hosts)
    for (const std::string& address : host.addresses)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", sip::print(host.transport),
                         NetAddress{address, host.port}.text());
  return out;
}

bool same_places(const sip::Located& a, const sip::Located& b) {
  const auto same = [](const sip::Located::Host& x, const sip::Located::Host& y) {
    return x.transport == y.transport && x.rank == y.rank && x.priority == y.priority && x.weight == y.weight &&
           x.port == y.port && x.addresses == y.addresses;
  };
  return std::ranges::equal(a.hosts, b.hosts, same);
}

}  // namespace

struct Locator::Entry {
  sip::Wanted wanted;
  Found found;
  std::optional<sip::Locate> machine;
  LoopTimer timer;
};

Locator::Locator(SignallingLoop& loop, ResolverOptions options, std::function<void()> changed)
    : loop_(loop), options_(std::move(options)), changed_(std::move(changed)) {}
Locator::~Locator() = default;

Locator::Key Locator::key_of(const sip::Wanted& wanted) {
  return fmt::format("{} {} {}", wanted.host, wanted.port, sip::print(wanted.transports.front()));
}

void Locator::want(const std::vector<sip::Wanted>& wanted) {
  std::map<Key, std::shared_ptr<Entry>> before = std::exchange(entries_, {});
  for (const sip::Wanted& one : wanted) {
    const Key key = key_of(one);
    if (entries_.contains(key)) continue;
    if (const auto known = before.find(key); known != before.end()) {
      entries_.emplace(key, known->second);
      continue;
    }
    const auto entry = std::make_shared<Entry>();
    entry->wanted = one;
    entries_.emplace(key, entry);
    look_up(entry);
  }
}

const Locator::Found* Locator::find(const sip::Wanted& wanted) const {
  const auto known = entries_.find(key_of(wanted));
  return known == entries_.end() ? nullptr : &known->second->found;
}

void Locator::look_up(const std::shared_ptr<Entry>& entry) {
  entry->machine.emplace(entry->wanted);
  if (entry->machine->result()) return finish(entry);  // an address
  if (!resolver_) {
    auto made = Resolver::create(loop_, options_);
    if (!made) {
      entry->found.trouble = made.error().text();
      entry->found.asked = true;
      log::error("dns", "{}", made.error().text());
      return;
    }
    resolver_ = std::move(*made);
  }
  ask_on(entry);
}

void Locator::ask_on(const std::shared_ptr<Entry>& entry) {
  while (const auto question = entry->machine->poll()) {
    resolver_->ask(*question, [this, weak = std::weak_ptr(entry), asked = *question](const sip::DnsAnswer& answer) {
      const auto living = weak.lock();
      if (!living || !living->machine) return;
      living->machine->answer(asked, answer);
      if (living->machine->result())
        finish(living);
      else
        ask_on(living);
    });
  }
}

void Locator::finish(const std::shared_ptr<Entry>& entry) {
  const Result<sip::Located> result = *entry->machine->result();
  entry->machine.reset();
  entry->found.asked = true;
  std::chrono::seconds hold = hold_after_failure;
  bool news = false;
  if (result) {
    hold = std::clamp(result->ttl, shortest_hold, longest_hold);
    news = !entry->found.located || !same_places(*entry->found.located, *result);
    if (news)
      log::info("dns", "'{}' is at {} (DNSSEC: {})", entry->wanted.host, words(*result),
                result->secure ? "secure" : "insecure");
    entry->found.located = *result;
    entry->found.trouble.clear();
  } else {
    news = entry->found.trouble != result.error().what;
    if (news) log::warning("dns", "{}", result.error().text());
    entry->found.trouble = result.error().what;
  }
  entry->timer = loop_.after(hold, [this, weak = std::weak_ptr(entry)] {
    if (const auto living = weak.lock()) look_up(living);
  });
  if (news && changed_) changed_();
}

}  // namespace ringwall::runtime
