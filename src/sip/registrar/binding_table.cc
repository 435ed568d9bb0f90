#include "sip/registrar/binding_table.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>

#include "base/check.h"

namespace ringwall::sip {
namespace {

std::array<std::string_view, 7> texts_of(const Binding& binding, std::string_view aor) {
  return {aor, binding.contact, binding.instance, binding.path, binding.user_agent, binding.call_id, binding.remote_ip};
}

}  // namespace

std::string_view BindingTable::text(const Record& record, Text which) const {
  std::size_t start = 0;
  for (std::size_t i = 0; i < which; ++i)
    start += record.length.at(i);
  return {record.text.get() + start, record.length.at(which)};
}

Binding BindingTable::at(Number number) const {
  const Record& record = records_[number];
  Binding out;
  out.id = record.id;
  std::array<std::string_view*, texts> parts = {&out.aor,        &out.contact, &out.instance, &out.path,
                                                &out.user_agent, &out.call_id, &out.remote_ip};
  const char* start = record.text.get();
  for (std::size_t i = 0; i < parts.size(); start += record.length.at(i), ++i)
    *parts.at(i) = {start, record.length.at(i)};
  out.remote_port = record.remote_port;
  out.transport = record.transport;
  out.by_address = record.by_address;
  out.reg_id = record.reg_id;
  out.cseq = record.cseq;
  out.q = record.q;
  out.flow = record.flow;
  out.updated = record.updated;
  out.expires = record.expires;
  return out;
}

// A refresh mostly brings the same texts, or others of the same size: then nothing is allocated.
void BindingTable::write_text(Record& record, const std::array<std::string_view, texts>& parts) {
  std::size_t before = 0, size = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    before += record.length.at(i);
    size += parts.at(i).size();
    CHECK(parts.at(i).size() <= std::numeric_limits<std::uint16_t>::max());
  }
  const bool same = record.text != nullptr && before == size;
  auto fresh = same ? nullptr : std::make_unique_for_overwrite<char[]>(std::max<std::size_t>(size, 1));
  char* to = same ? record.text.get() : fresh.get();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts.at(i).empty()) std::memmove(to, parts.at(i).data(), parts.at(i).size());
    to += parts.at(i).size();
    record.length.at(i) = static_cast<std::uint16_t>(parts.at(i).size());
  }
  if (!same) record.text = std::move(fresh);
}

void BindingTable::write(Record& record, const Binding& binding) {
  record.flow = binding.flow;
  record.updated = binding.updated;
  record.expires = binding.expires;
  record.cseq = binding.cseq;
  record.reg_id = binding.reg_id;
  record.remote_port = binding.remote_port;
  record.q = static_cast<std::uint16_t>(binding.q);
  record.transport = binding.transport;
  record.by_address = binding.by_address;
}

BindingTable::Number BindingTable::add(const Binding& binding) {
  Number number = free_;
  if (number == none) {
    number = static_cast<Number>(records_.size());
    records_.emplace_back();
  } else {
    free_ = records_[number].next_aor;
  }
  Record& record = records_[number];
  record.id = ids_.next();
  write(record, binding);
  if (first_of(binding.aor) == none) ++aors_;
  write_text(record, texts_of(binding, binding.aor));
  heap_.push_back(number);
  sift(heap_.size() - 1);
  if (heap_.size() > by_aor_.size()) return grow(), number;
  link(number);
  return number;
}

void BindingTable::update(Number number, const Binding& binding) {
  Record& record = records_[number];
  unlink_flow(number);
  write(record, binding);
  write_text(record, texts_of(binding, text(record, aor)));  // which stands first, and so is moved onto itself
  link_flow(number);
  sift(record.heap_at);
}

BindingChange BindingTable::remove(Number number, std::string_view reason) {
  BindingChange out{BindingChange::Kind::removed, at(number), reason, nullptr};
  unlink_flow(number);
  Number* link = &aor_bucket(out.binding.aor);
  while (*link != number)
    link = &records_[*link].next_aor;
  *link = records_[number].next_aor;
  if (first_of(out.binding.aor) == none) --aors_;
  const std::size_t hole = records_[number].heap_at;
  const Number last = heap_.back();
  heap_.pop_back();
  if (last != number) {
    place(hole, last);
    sift(hole);
  }
  out.kept = std::move(records_[number].text);
  records_[number] = {};
  records_[number].next_aor = free_;
  free_ = number;
  return out;
}

BindingTable::Number& BindingTable::aor_bucket(std::string_view name) {
  return by_aor_[std::hash<std::string_view>{}(name) % by_aor_.size()];
}
BindingTable::Number& BindingTable::flow_bucket(FlowId flow) {
  return by_flow_[flow.value % by_flow_.size()];
}

BindingTable::Number BindingTable::first_of(std::string_view name) const {
  if (by_aor_.empty()) return none;
  Number number = by_aor_[std::hash<std::string_view>{}(name) % by_aor_.size()];
  while (number != none && text(records_[number], aor) != name)
    number = records_[number].next_aor;
  return number;
}

BindingTable::Number BindingTable::next_of_aor(Number number) const {
  const std::string_view name = text(records_[number], aor);
  do
    number = records_[number].next_aor;
  while (number != none && text(records_[number], aor) != name);
  return number;
}

BindingTable::Number BindingTable::first_of(FlowId flow) const {
  if (by_flow_.empty() || !flow) return none;
  Number number = by_flow_[flow.value % by_flow_.size()];
  while (number != none && records_[number].flow != flow)
    number = records_[number].next_flow;
  return number;
}

std::vector<BindingTable::Number> BindingTable::all() const {
  std::vector<Number> out = heap_;
  std::ranges::sort(out, {}, [this](Number number) { return records_[number].id; });
  return out;
}

// Twice as many buckets, and every record linked anew.
void BindingTable::grow() {
  const std::size_t size = std::max<std::size_t>(64, by_aor_.size() * 2);
  by_aor_.assign(size, none);
  by_flow_.assign(size, none);
  for (const Number number : heap_)
    link(number);
}

void BindingTable::link(Number number) {
  Number& bucket = aor_bucket(text(records_[number], aor));
  records_[number].next_aor = bucket;
  bucket = number;
  link_flow(number);
}

void BindingTable::link_flow(Number number) {
  Record& record = records_[number];
  if (!record.flow) return;
  Number& bucket = flow_bucket(record.flow);
  record.next_flow = bucket;
  bucket = number;
}

void BindingTable::unlink_flow(Number number) {
  Record& record = records_[number];
  if (!record.flow) return;
  Number* link = &flow_bucket(record.flow);
  while (*link != number)
    link = &records_[*link].next_flow;
  *link = record.next_flow;
}

void BindingTable::place(std::size_t at, Number number) {
  heap_[at] = number;
  records_[number].heap_at = static_cast<std::uint32_t>(at);
}

// Moves one entry up or down to where its expiry belongs.
void BindingTable::sift(std::size_t at) {
  const Number number = heap_[at];
  const Time expires = records_[number].expires;
  for (; at > 0 && records_[heap_[(at - 1) / 2]].expires > expires; at = (at - 1) / 2)
    place(at, heap_[(at - 1) / 2]);
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && records_[heap_[child + 1]].expires < records_[heap_[child]].expires) ++child;
    if (records_[heap_[child]].expires >= expires) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, number);
}

}  // namespace ringwall::sip
