#include "sip/registrar/binding_table.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>
#include <set>

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;
using Number = BindingTable::Number;

/// What the table should hold, in plain containers.
struct Model {
  struct Entry {
    std::string aor, contact, agent;
    FlowId flow;
    Time expires;
  };
  std::map<Number, Entry> entries;

  [[nodiscard]] std::multiset<Number> of(std::string_view aor) const {
    std::multiset<Number> out;
    for (const auto& [number, entry] : entries)
      if (entry.aor == aor) out.insert(number);
    return out;
  }
};

Binding binding_of(const Model::Entry& entry) {
  Binding out;
  out.aor = entry.aor;
  out.contact = entry.contact;
  out.user_agent = entry.agent;
  out.flow = entry.flow;
  out.expires = entry.expires;
  return out;
}

void compare(const BindingTable& table, const Model& model) {
  ASSERT_EQ(table.size(), model.entries.size());
  std::set<std::string> aors;
  Time first = Time::max();
  for (const auto& [number, entry] : model.entries) {
    const Binding one = table.at(number);
    EXPECT_EQ(one.aor, entry.aor);
    EXPECT_EQ(one.contact, entry.contact);
    EXPECT_EQ(one.user_agent, entry.agent);
    EXPECT_EQ(one.expires, entry.expires);
    aors.insert(entry.aor);
    first = std::min(first, entry.expires);
    std::multiset<Number> found;
    for (Number n = table.first_of(entry.aor); n != BindingTable::none; n = table.next_of_aor(n))
      found.insert(n);
    EXPECT_EQ(found, model.of(entry.aor));
    if (entry.flow) EXPECT_NE(table.first_of(entry.flow), BindingTable::none);
  }
  EXPECT_EQ(table.aors(), aors.size());
  if (!model.entries.empty()) EXPECT_EQ(table.at(table.next_to_expire()).expires, first);
}

TEST(BindingTable, DoesWhatPlainContainersDo) {
  std::mt19937 random(7);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  BindingTable table;
  Model model;
  for (int step = 0; step < 4'000; ++step) {
    const bool full = model.entries.size() >= 200;
    Model::Entry entry{.aor = fmt::format("sip:{}@a", draw(60)),
                       .contact = fmt::format("sip:{}@10.0.0.1", draw(5'000)),
                       .agent = std::string(static_cast<std::size_t>(draw(40)), 'x'),
                       .flow = FlowId{static_cast<std::uint64_t>(draw(30))},
                       .expires = Time(std::chrono::seconds(draw(100)))};
    const int action = draw(4);
    if (action < 2 && !full) {
      const Number number = table.add(binding_of(entry));
      EXPECT_TRUE(model.entries.emplace(number, entry).second);
    } else if (!model.entries.empty()) {
      const auto at = std::next(model.entries.begin(), draw(static_cast<int>(model.entries.size())));
      if (action == 2) {
        entry.aor = at->second.aor;
        table.update(at->first, binding_of(entry));
        at->second = entry;
      } else {
        const BindingChange gone = table.remove(at->first, "test");
        EXPECT_EQ(gone.binding.contact, at->second.contact);
        EXPECT_EQ(gone.binding.aor, at->second.aor);
        model.entries.erase(at);
      }
    }
    if (step % 50 == 0) compare(table, model);
  }
  compare(table, model);
}

TEST(BindingTable, AFlowIsFoundUntilTheLastOfItsBindingsHasGone) {
  BindingTable table;
  const Number a = table.add(binding_of({"sip:a@a", "sip:a@1", "", FlowId{9}, Time(1s)}));
  const Number b = table.add(binding_of({"sip:b@a", "sip:b@1", "", FlowId{9}, Time(2s)}));
  table.remove(a, "");
  EXPECT_EQ(table.first_of(FlowId{9}), b);
  table.update(b, binding_of({"sip:b@a", "sip:b@1", "", FlowId{10}, Time(2s)}));
  EXPECT_EQ(table.first_of(FlowId{9}), BindingTable::none);
  EXPECT_EQ(table.first_of(FlowId{10}), b);
  EXPECT_FALSE(table.has(a));
}

// What the allocator has given out, for texts as long as a desk phone's. A sanitizer's allocator says 0.
TEST(BindingTable, ABindingCostsLessThan600Bytes) {
  constexpr std::size_t count = 20'000;
  const auto before = mallinfo2().uordblks;
  BindingTable table;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string aor = fmt::format("sip:{}@ringwall.test", 100'000 + i);
    const std::string contact = fmt::format("sip:{}@192.168.10.20:50{:03};transport=tls", 100'000 + i, i % 1000);
    Binding one;
    one.aor = aor;
    one.contact = contact;
    one.instance = "<urn:uuid:00000000-0000-0000-0000-0123456789ab>";
    one.user_agent = "Cisco-CP8861/12.8.1";
    one.call_id = "00af1f1e-32b10003-4d8a9c33-0f2a@192.168.10.20";
    one.remote_ip = "192.168.10.20";
    one.flow = FlowId{i + 1};
    one.expires = Time(std::chrono::seconds(i));
    table.add(one);
  }
  const auto each = (mallinfo2().uordblks - before) / count;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, 600U);
}

}  // namespace
}  // namespace ringwall::sip
