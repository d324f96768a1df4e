// The server's time. The sequencer alone holds a clock.
#ifndef LEVEE_SERVER_SEQUENCER_CLOCK_H_
#define LEVEE_SERVER_SEQUENCER_CLOCK_H_

#include <cstdint>

namespace levee::sequencer {

// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970 UTC; may jump.
  virtual int64_t WallMs() const = 0;
  // Milliseconds since some start; never runs back.
  virtual int64_t MonotonicMs() const = 0;

  // The machine's clocks.
  static const Clock& System();
};

// The wall clock at start, carried on by the monotonic clock: neither runs
// back nor jumps.
class ServerClock {
 public:
  // `not_before_ms`: the time of the last journal entry. `clock` must outlive
  // this.
  ServerClock(const Clock& clock, int64_t not_before_ms);

  int64_t NowMs() const;

  // How far the wall clock is ahead of NowMs; a minute either way is worth a
  // report.
  int64_t WallAheadMs() const { return clock_.WallMs() - NowMs(); }

 private:
  const Clock& clock_;
  const int64_t start_ms_;
  const int64_t start_monotonic_ms_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_CLOCK_H_
