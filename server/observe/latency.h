// How long answers took in the last minute.
#ifndef LEVEE_SERVER_OBSERVE_LATENCY_H_
#define LEVEE_SERVER_OBSERVE_LATENCY_H_

#include <array>
#include <atomic>
#include <cstdint>

namespace levee::observe {

// A histogram over the last 50 to 60 seconds: six slots of ten seconds, each
// of 256 counters. A counter covers an eighth of a power of two microseconds,
// so a quantile is at most 12.5 % above the truth; what took more than an hour
// counts as an hour. About 12 KiB.
//
// Threads: any. Record takes no lock: a few relaxed atomic additions. When a
// slot is taken over for the next ten seconds, what other threads record in
// that instant may be lost or counted late: these are figures for people.
class Latency {
 public:
  struct Summary {
    // 0: none in the last minute.
    uint64_t count = 0;
    int64_t p50_us = 0;
    int64_t p99_us = 0;
    int64_t max_us = 0;
  };

  // `now_ms`: any clock that never runs back, the same in every call.
  void Record(int64_t now_ms, int64_t took_us, uint64_t times = 1);
  Summary Summarize(int64_t now_ms) const;

 private:
  static constexpr int kSlots = 6;
  static constexpr int64_t kSlotMs = 10'000;
  static constexpr int kBuckets = 256;

  struct Slot {
    // now_ms / kSlotMs + 1 of what it holds; 0: nothing yet.
    std::atomic<int64_t> epoch{0};
    std::atomic<int64_t> max_us{0};
    std::array<std::atomic<uint64_t>, kBuckets> counts = {};
  };

  static int BucketOf(int64_t us);
  // The largest value that falls into the bucket.
  static int64_t TopOf(int bucket);
  Slot& SlotOf(int64_t epoch);

  std::array<Slot, kSlots> slots_;
};

}  // namespace levee::observe

#endif  // LEVEE_SERVER_OBSERVE_LATENCY_H_
