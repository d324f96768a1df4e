// What is done now and then, on a thread of its own.
#ifndef LEVEE_SERVER_MAINTENANCE_H_
#define LEVEE_SERVER_MAINTENANCE_H_

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "storage/mutex.h"

namespace levee {

// A task is first run one interval after the start. One that fails is logged
// and tried again after its interval. Tasks run one after another: none may
// take longer than the others can wait.
struct PeriodicTask {
  int64_t every_ms = 0;
  std::function<absl::Status()> run;
};

// Threads: constructed and stopped by one.
class Maintenance {
 public:
  explicit Maintenance(std::vector<PeriodicTask> tasks);
  // Stops.
  ~Maintenance();

  // Returns when no task is running any more.
  void Stop();

 private:
  void Run();

  const std::vector<PeriodicTask> tasks_;

  storage::Mutex mutex_;
  storage::Condition stop_wanted_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

// A task that warns when the wall clock is a minute or more away from the
// server's, at once and then every hour.
// `wall_ahead_ms`: how far the wall clock is ahead now.
std::function<absl::Status()> WallClockCheck(
    std::function<int64_t()> wall_ahead_ms);

}  // namespace levee

#endif  // LEVEE_SERVER_MAINTENANCE_H_
