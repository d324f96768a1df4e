#include "server/sequencer/clock.h"

#include <algorithm>
#include <chrono>

namespace levee::sequencer {
namespace {

template <typename C>
int64_t MsOf() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             C::now().time_since_epoch())
      .count();
}

class SystemClock final : public Clock {
 public:
  int64_t WallMs() const override { return MsOf<std::chrono::system_clock>(); }
  int64_t MonotonicMs() const override {
    return MsOf<std::chrono::steady_clock>();
  }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

ServerClock::ServerClock(const Clock& clock, int64_t not_before_ms)
    : clock_(clock),
      start_ms_(std::max(clock.WallMs(), not_before_ms)),
      start_monotonic_ms_(clock.MonotonicMs()) {}

int64_t ServerClock::NowMs() const {
  return start_ms_ + (clock_.MonotonicMs() - start_monotonic_ms_);
}

}  // namespace levee::sequencer
