#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>

#include "base/result.h"
#include "store/database.h"

namespace ringwall::store {

/// The one thread that speaks with the store. Work is done in the order of submission. Completions are handed to
/// `post`, which must run them on the owner's thread (e.g. the signalling loop).
class StoreThread {
 public:
  using Post = std::move_only_function<void(std::move_only_function<void()>)>;

  StoreThread(std::unique_ptr<Database> database, Post post);
  /// Does all work that was submitted, then ends. Completions are still posted.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;

  /// `work(Database&)` returns a Result<T>; `done` (copyable) gets it on the owner's thread. If limits::store_backlog
  /// jobs wait already, `done` gets an error at once and nothing is run.
  template <class Work, class Done>
  void submit(Work work, Done done) {
    using Outcome = std::invoke_result_t<Work&, Database&>;
    auto job = [this, work = std::move(work), done](Database& database) mutable {
      post_([outcome = Outcome(work(database)), done = std::move(done)]() mutable { done(std::move(outcome)); });
    };
    if (!push(std::move(job))) done(Outcome(overloaded()));
  }

  /// The same, where nobody waits for the outcome; an error is logged.
  void submit(std::move_only_function<Result<>(Database&)> work);

  /// Waits until everything submitted so far is done. For shutdown and tests.
  void drain();
  [[nodiscard]] std::size_t backlog() const;

 private:
  using Job = std::move_only_function<void(Database&)>;
  bool push(Job job);
  static std::unexpected<Error> overloaded();
  void work_until_stopped();

  std::unique_ptr<Database> database_;
  Post post_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool busy_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace ringwall::store
