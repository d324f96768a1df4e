#include "server/observe/latency.h"

#include <algorithm>
#include <bit>

namespace levee::observe {
namespace {

constexpr int64_t kHourUs = 3'600'000'000;
// Values below 8 have a bucket each; above, the three bits after the leading
// one choose among eight buckets of each power of two.
constexpr int kLinear = 8;

}  // namespace

int Latency::BucketOf(int64_t us) {
  us = std::clamp<int64_t>(us, 0, kHourUs);
  if (us < kLinear) return static_cast<int>(us);
  const int exponent = std::bit_width(static_cast<uint64_t>(us)) - 1;
  const int eighth = static_cast<int>(us >> (exponent - 3)) & 7;
  return kLinear + (exponent - 3) * 8 + eighth;
}

int64_t Latency::TopOf(int bucket) {
  if (bucket < kLinear) return bucket;
  const int exponent = (bucket - kLinear) / 8 + 3;
  const int64_t eighth = (bucket - kLinear) % 8;
  return ((8 + eighth + 1) << (exponent - 3)) - 1;
}

Latency::Slot& Latency::SlotOf(int64_t epoch) {
  Slot& slot = slots_[epoch % kSlots];
  int64_t held = slot.epoch.load(std::memory_order_relaxed);
  if (held < epoch && slot.epoch.compare_exchange_strong(held, epoch)) {
    for (auto& count : slot.counts) count.store(0, std::memory_order_relaxed);
    slot.max_us.store(0, std::memory_order_relaxed);
  }
  return slot;
}

void Latency::Record(int64_t now_ms, int64_t took_us, uint64_t times) {
  Slot& slot = SlotOf(now_ms / kSlotMs + 1);
  slot.counts[BucketOf(took_us)].fetch_add(times, std::memory_order_relaxed);
  int64_t max_us = slot.max_us.load(std::memory_order_relaxed);
  while (took_us > max_us && !slot.max_us.compare_exchange_weak(
                                 max_us, took_us, std::memory_order_relaxed)) {
  }
}

Latency::Summary Latency::Summarize(int64_t now_ms) const {
  const int64_t epoch = now_ms / kSlotMs + 1;
  std::array<uint64_t, kBuckets> counts = {};
  Summary summary;
  for (const Slot& slot : slots_) {
    const int64_t held = slot.epoch.load(std::memory_order_relaxed);
    if (held <= epoch - kSlots || held > epoch) continue;
    for (int i = 0; i < kBuckets; ++i) {
      counts[i] += slot.counts[i].load(std::memory_order_relaxed);
    }
    summary.max_us =
        std::max(summary.max_us, slot.max_us.load(std::memory_order_relaxed));
  }
  for (const uint64_t count : counts) summary.count += count;
  // The smallest bucket with at least `share` thousandths at or below it.
  const auto quantile = [&](uint64_t share) -> int64_t {
    const uint64_t rank = (summary.count * share + 999) / 1000;
    uint64_t seen = 0;
    for (int i = 0; i < kBuckets; ++i) {
      seen += counts[i];
      if (seen > 0 && seen >= rank) return std::min(TopOf(i), summary.max_us);
    }
    return 0;
  };
  summary.p50_us = quantile(500);
  summary.p99_us = quantile(990);
  return summary;
}

}  // namespace levee::observe
