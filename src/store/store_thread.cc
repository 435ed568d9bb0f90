#include "store/store_thread.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"

namespace ringwall::store {

StoreThread::StoreThread(std::unique_ptr<Database> database, Post post)
    : database_(std::move(database)), post_(std::move(post)), thread_([this] { work_until_stopped(); }) {
  pthread_setname_np(thread_.native_handle(), "store");
}

StoreThread::~StoreThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StoreThread::submit(std::move_only_function<Result<>(Database&)> work) {
  const bool taken = push([work = std::move(work)](Database& database) mutable {
    if (const auto outcome = work(database); !outcome) log::error("store", "{}", outcome.error().text());
  });
  if (!taken) log::error("store", "{}", overloaded().error().text());
}

bool StoreThread::push(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= limits::store_backlog) {
      static Counter& refused = Metrics::instance().counter("ringwall_store_refused_total");
      refused.add();
      return false;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return true;
}

std::unexpected<Error> StoreThread::overloaded() {
  return fail(fmt::format("more than {} jobs wait for the store", limits::store_backlog), "store",
              "the disk or the database is too slow for this load");
}

void StoreThread::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !busy_; });
}

std::size_t StoreThread::backlog() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void StoreThread::work_until_stopped() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    job(*database_);
    job = nullptr;
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace ringwall::store
