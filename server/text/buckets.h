// The distinct buckets that features of a text fall into.
#ifndef LEVEE_SERVER_TEXT_BUCKETS_H_
#define LEVEE_SERVER_TEXT_BUCKETS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"

namespace levee::text {

// Each is counted once: who says a word ten times means it no more. Owned by
// its thread, and used again for the next text.
class Buckets {
 public:
  static constexpr int kBits = 16;
  static constexpr size_t kCount = size_t{1} << kBits;

  struct Feature {
    uint16_t bucket;
    // Where it was met first, as the caller counts places.
    uint32_t place;
  };

  Buckets() = default;
  Buckets(const Buckets&) = delete;
  Buckets& operator=(const Buckets&) = delete;

  // The bucket of a hash that is well mixed in its upper bits.
  static uint16_t Of(uint64_t hash) {
    return static_cast<uint16_t>(hash >> (64 - kBits));
  }

  // Forgets the text before.
  void Clear() {
    for (const Feature& feature : features()) seen_[feature.bucket / 64] = 0;
    size_ = 0;
  }

  // Without a branch: which features are met again nobody can foresee.
  void Add(uint16_t bucket, uint32_t place) {
    uint64_t& seen = seen_[bucket / 64];
    features_[size_] = {bucket, place};
    size_ += ~seen >> bucket % 64 & 1;
    seen |= uint64_t{1} << bucket % 64;
  }

  // In the order met.
  absl::Span<const Feature> features() const {
    return {features_.get(), size_};
  }

 private:
  // As many as there are buckets, and one that is written and not kept. Memory
  // that no text reaches is never touched.
  std::unique_ptr<Feature[]> features_ =
      std::make_unique_for_overwrite<Feature[]>(kCount + 1);
  size_t size_ = 0;
  // A bit a bucket; those of features() are set.
  std::array<uint64_t, kCount / 64> seen_ = {};
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_BUCKETS_H_
