// Latencies of many calls in little memory.
#ifndef LEVEE_CLIENT_LOAD_HISTOGRAM_H_
#define LEVEE_CLIENT_LOAD_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace levee::load {

// Counts values from 0 to 2^36 microseconds (19 hours; larger ones count as
// that) in buckets whose width is at most 1/64 of their value, as G. Tene's
// HdrHistogram does. 16 KiB.
//
// Threads: safe; Quantile sees what was added before it was called.
class Histogram {
 public:
  void Add(absl::Duration value);

  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  // The smallest bucket's upper end that at least `share` of the values do not
  // exceed; 0 to 1. 0 where there are no values.
  absl::Duration Quantile(double share) const;
  absl::Duration Max() const {
    return absl::Microseconds(max_us_.load(std::memory_order_relaxed));
  }

 private:
  // Values below 64 have a bucket each; above, every power of two has 64.
  static constexpr int kSubBits = 6;
  static constexpr int kValueBits = 36;
  static constexpr size_t kBuckets = (kValueBits - kSubBits + 1) << kSubBits;

  static size_t BucketOf(uint64_t us);
  static uint64_t UpperEndOf(size_t bucket);

  std::array<std::atomic<uint64_t>, kBuckets> buckets_ = {};
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> max_us_{0};
};

}  // namespace levee::load

#endif  // LEVEE_CLIENT_LOAD_HISTOGRAM_H_
