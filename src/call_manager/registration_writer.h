#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/signalling_loop.h"
#include "sip/registrar/binding.h"
#include "store/registrations.h"
#include "store/store_thread.h"

namespace ringwall::call_manager {

/// Writes registrations to the store, those of a short while in one transaction: phones register often, and each
/// transaction waits for the disk. A crash loses that while at most, and phones register again.
class RegistrationWriter {
 public:
  RegistrationWriter(runtime::SignallingLoop& loop, store::StoreThread& store) : loop_(loop), store_(store) {}
  ~RegistrationWriter() { flush(); }
  RegistrationWriter(const RegistrationWriter&) = delete;

  /// What a binding has become, or that it is gone. Of several changes of one binding the last one is written.
  void changed(sip::BindingId id, store::Binding binding, bool removed);
  void flush();

 private:
  struct Change {
    store::Binding binding;
    bool removed = false;
  };

  runtime::SignallingLoop& loop_;
  store::StoreThread& store_;
  std::vector<Change> changes_;  ///< in the order in which their bindings first changed
  std::unordered_map<sip::BindingId, std::size_t> at_;
  runtime::LoopTimer timer_;
};

}  // namespace ringwall::call_manager
