#include "server/rpc/workers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace levee::rpc {

using storage::MutexLock;

Workers::Workers(int threads, size_t waiting_max) : waiting_max_(waiting_max) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Workers::~Workers() { Stop(); }

void Workers::Run(Task task) {
  absl::Status refused;
  {
    MutexLock lock(mutex_);
    if (stopping_) {
      refused = absl::UnavailableError("the server is stopping");
    } else if (tasks_.size() >= waiting_max_) {
      refused = absl::ResourceExhaustedError(
          absl::StrCat("too many calls that read the disk: ", tasks_.size(),
                       " wait; try again shortly"));
    } else {
      tasks_.push_back(std::move(task));
    }
  }
  if (!refused.ok()) return task(refused);
  not_empty_.NotifyOne();
}

void Workers::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  not_empty_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::Work() {
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (tasks_.empty() && !stopping_) not_empty_.Wait(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task(absl::OkStatus());
  }
}

}  // namespace levee::rpc
