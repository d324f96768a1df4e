#include "client/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace levee::load {

size_t Histogram::BucketOf(uint64_t us) {
  if (us < (1 << kSubBits)) return us;
  const int top = std::bit_width(us) - 1;
  const int shift = top - kSubBits;
  const uint64_t sub = (us >> shift) - (1 << kSubBits);
  return (static_cast<size_t>(shift + 1) << kSubBits) + sub;
}

uint64_t Histogram::UpperEndOf(size_t bucket) {
  if (bucket < (1 << kSubBits)) return bucket;
  const int shift = static_cast<int>(bucket >> kSubBits) - 1;
  const uint64_t sub = bucket & ((1 << kSubBits) - 1);
  return (((1 << kSubBits) + sub + 1) << shift) - 1;
}

void Histogram::Add(absl::Duration value) {
  const int64_t us = std::clamp<int64_t>(absl::ToInt64Microseconds(value), 0,
                                         (int64_t{1} << kValueBits) - 1);
  buckets_[BucketOf(us)].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  uint64_t max = max_us_.load(std::memory_order_relaxed);
  while (max < static_cast<uint64_t>(us) &&
         !max_us_.compare_exchange_weak(max, us, std::memory_order_relaxed)) {
  }
}

absl::Duration Histogram::Quantile(double share) const {
  const uint64_t all = count();
  if (all == 0) return absl::ZeroDuration();
  const auto wanted = std::max<uint64_t>(
      1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(all))));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) {
      return std::min(absl::Microseconds(UpperEndOf(i)), Max());
    }
  }
  return Max();
}

}  // namespace levee::load
