#include "server/maintenance.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "server/observe/log.h"

namespace levee {
namespace {

using observe::Event;
using observe::Field;
using observe::Level;
using storage::MutexLock;

constexpr int64_t kWallClockAwayMs = 60'000;
constexpr int64_t kWallClockRepeatMs = 3'600'000;

int64_t MonotonicMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Maintenance::Maintenance(std::vector<PeriodicTask> tasks)
    : tasks_(std::move(tasks)), thread_([this] { Run(); }) {}

Maintenance::~Maintenance() { Stop(); }

void Maintenance::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_wanted_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void Maintenance::Run() {
  std::vector<int64_t> due_ms;
  for (const PeriodicTask& task : tasks_) {
    due_ms.push_back(MonotonicMs() + task.every_ms);
  }
  for (;;) {
    {
      MutexLock lock(mutex_);
      // A spurious wake-up only looks at the clock once more.
      if (!stopping_) {
        const int64_t next = *std::min_element(due_ms.begin(), due_ms.end());
        stop_wanted_.WaitFor(mutex_,
                             std::max<int64_t>(1, next - MonotonicMs()) * 1000);
      }
      if (stopping_) return;
    }
    for (size_t i = 0; i < tasks_.size(); ++i) {
      if (MonotonicMs() < due_ms[i]) continue;
      if (absl::Status status = tasks_[i].run(); !status.ok()) {
        observe::Log(Level::kError, Event::kMaintenanceFailed,
                     {Field::Reason(status.message())});
      }
      due_ms[i] = MonotonicMs() + tasks_[i].every_ms;
    }
  }
}

std::function<absl::Status()> WallClockCheck(
    std::function<int64_t()> wall_ahead_ms) {
  // When to warn next; anew once the clocks agree.
  return [wall_ahead_ms = std::move(wall_ahead_ms),
          warn_at_ms = int64_t{0}]() mutable {
    const int64_t ahead_ms = wall_ahead_ms();
    if (std::abs(ahead_ms) < kWallClockAwayMs) {
      warn_at_ms = 0;
    } else if (MonotonicMs() >= warn_at_ms) {
      observe::Log(Level::kWarn, Event::kWallClockAway,
                   {Field::AheadMs(ahead_ms)});
      warn_at_ms = MonotonicMs() + kWallClockRepeatMs;
    }
    return absl::OkStatus();
  };
}

}  // namespace levee
