#include "sip/auth/nonce_book.h"

#include "base/check.h"
#include "base/text.h"
#include "crypto/constant_time.h"

namespace ringwall::sip {
namespace {

constexpr std::size_t plain_size = 12, mac_size = 16;

void put(std::string& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0;)
    out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

}  // namespace

NonceBook::NonceBook(const Secret& key, Duration lifetime, std::size_t capacity)
    : key_(key.reveal()), lifetime_(lifetime), capacity_(capacity) {
  CHECK(key.size() >= 16 && capacity_ > 0);
}

std::string NonceBook::mac(std::string_view plain) const {
  const auto whole = key_.mac(as_bytes(plain));
  return std::string(as_text(Bytes(whole).first(mac_size)));
}

std::string NonceBook::mint(Time now) {
  if (last_serial_ == 0) began_ = now;
  std::string out;
  put(out, ++last_serial_, 8);
  put(out, static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - began_).count()), 4);
  out += mac(out);
  return print_base64(as_bytes(out));
}

NonceBook::Reading NonceBook::read(std::string_view nonce, Time now) const {
  if (nonce.size() > 64) return {};
  const auto bytes = parse_base64(nonce);
  if (!bytes || bytes->size() != plain_size + mac_size) return {};
  const std::string expected = mac(as_text(Bytes(*bytes).first(plain_size)));
  if (!crypto::equal(as_bytes(expected), Bytes(*bytes).subspan(plain_size))) return {};
  ByteReader reader(*bytes);
  const std::uint64_t serial = reader.u64();
  const Time issued = began_ + std::chrono::seconds(reader.u32());
  return {now >= issued + lifetime_ ? State::expired : State::good, serial};
}

bool NonceBook::take(std::uint64_t serial, std::uint32_t count) {
  if (slots_.empty()) slots_.resize(capacity_);
  Slot& slot = slots_[serial % capacity_];
  if (count == 0 || slot.serial > serial) return false;
  if (slot.serial < serial) slot = {serial, 0, count};
  if (count > slot.highest) {
    const std::uint32_t step = count - slot.highest;
    slot.used = step < limits::digest_count_window ? slot.used << step : 0;
    slot.highest = count;
  }
  const std::uint32_t behind = slot.highest - count;
  if (behind >= limits::digest_count_window || (slot.used >> behind & 1) != 0) return false;
  slot.used |= std::uint64_t{1} << behind;
  return true;
}

}  // namespace ringwall::sip
