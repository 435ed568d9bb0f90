#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sip/registrar/binding.h"

namespace ringwall::sip {

/// The bindings in little memory: a record of fixed size and one block of text for each. Records are linked by number
/// into two hash tables (by address-of-record and by flow) and stand in one heap by their expiry.
class BindingTable {
 public:
  using Number = std::uint32_t;
  static constexpr Number none = ~Number{0};

  Number add(const Binding& binding);
  /// Takes everything but the id and the address-of-record.
  void update(Number number, const Binding& binding);
  BindingChange remove(Number number, std::string_view reason);

  [[nodiscard]] Binding at(Number number) const;
  /// Whether that number is in use.
  [[nodiscard]] bool has(Number number) const { return number < records_.size() && records_[number].text != nullptr; }
  [[nodiscard]] Number first_of(std::string_view aor) const;
  [[nodiscard]] Number next_of_aor(Number number) const;
  [[nodiscard]] Number first_of(FlowId flow) const;
  /// The one that expires first; none if there is none.
  [[nodiscard]] Number next_to_expire() const { return heap_.empty() ? none : heap_.front(); }

  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] std::size_t aors() const { return aors_; }
  [[nodiscard]] std::vector<Number> all() const;

 private:
  enum Text : std::uint8_t { aor, contact, instance, path, user_agent, call_id, remote_ip, texts };
  struct Record {
    std::unique_ptr<char[]> text;
    BindingId id;
    FlowId flow;
    Time updated{}, expires{};
    std::uint32_t cseq = 0, reg_id = 0;
    Number next_aor = none, next_flow = none;  ///< in their buckets; next_aor of a free record: the next free one
    std::uint32_t heap_at = 0;
    std::array<std::uint16_t, texts> length{};
    std::uint16_t remote_port = 0;
    std::uint16_t q = 1000;
    Transport transport = Transport::tls;
    bool by_address = false;
  };
  using Buckets = std::vector<Number>;

  [[nodiscard]] std::string_view text(const Record& record, Text which) const;
  void write(Record& record, const Binding& binding);
  static void write_text(Record& record, const std::array<std::string_view, texts>& parts);
  void grow();
  Number& aor_bucket(std::string_view name);
  Number& flow_bucket(FlowId flow);
  void link(Number number);
  void link_flow(Number number);
  void unlink_flow(Number number);
  void place(std::size_t at, Number number);
  void sift(std::size_t at);

  std::deque<Record> records_;
  Number free_ = none;
  Buckets by_aor_, by_flow_;
  std::vector<Number> heap_;
  std::size_t aors_ = 0;
  IdSource<BindingId> ids_;
};

}  // namespace ringwall::sip
