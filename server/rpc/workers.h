// A few threads for what reads the disk, so that no reaction of gRPC blocks.
#ifndef LEVEE_SERVER_RPC_WORKERS_H_
#define LEVEE_SERVER_RPC_WORKERS_H_

#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "storage/mutex.h"

namespace levee::rpc {

// Threads: any.
class Workers {
 public:
  // Told OK, does its work; told anything else, only reports it.
  using Task = absl::AnyInvocable<void(const absl::Status&)>;

  // At most `waiting_max` tasks wait.
  Workers(int threads, size_t waiting_max);
  // Finishes what was taken.
  ~Workers();

  // Runs the task exactly once: with OK on a worker, or at once on this thread
  // with RESOURCE_EXHAUSTED (too many wait) or UNAVAILABLE (stopped).
  void Run(Task task);

  // Takes no more tasks and waits for those that were taken.
  void Stop();

 private:
  void Work();

  const size_t waiting_max_;

  storage::Mutex mutex_;
  storage::Condition not_empty_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Owned by the thread that constructs and stops.
  std::vector<std::thread> threads_;
};

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_WORKERS_H_
