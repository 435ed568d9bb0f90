#include "call_manager/registration_writer.h"

namespace ringwall::call_manager {
namespace {

constexpr std::chrono::milliseconds gather_time{200};

}  // namespace

void RegistrationWriter::changed(sip::BindingId id, store::Binding binding, bool removed) {
  const auto [at, fresh] = at_.try_emplace(id, changes_.size());
  if (fresh)
    changes_.push_back({std::move(binding), removed});
  else
    changes_[at->second] = {std::move(binding), removed};
  if (changes_.size() == 1) timer_ = loop_.after(gather_time, [this] { flush(); });
}

void RegistrationWriter::flush() {
  timer_.cancel();
  if (changes_.empty()) return;
  at_.clear();
  store_.submit([changes = std::exchange(changes_, {})](store::Database& database) {
    return database.transaction("saving registrations", [&]() -> Result<> {
      store::Registrations registrations(database);
      for (const Change& one : changes)
        TRY_VOID(one.removed ? registrations.remove(one.binding) : registrations.put(one.binding));
      return {};
    });
  });
}

}  // namespace ringwall::call_manager
