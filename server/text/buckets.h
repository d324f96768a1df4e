// The buckets that features of a text fall into: the distinct ones, and all in
// a row.
#ifndef LEVEE_SERVER_TEXT_BUCKETS_H_
#define LEVEE_SERVER_TEXT_BUCKETS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

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
    if (size_ > kClearedOneByOneMax) {
      std::memset(seen_.data(), 0, sizeof(seen_));
    } else {
      for (const Feature& feature : features()) seen_[feature.bucket / 64] = 0;
    }
    size_ = 0;
  }

  // Without a branch: which features are met again nobody can foresee.
  void Add(uint16_t bucket, uint32_t place) {
    const Feature feature = {bucket, place};
    Add({&feature, 1});
  }
  void Add(absl::Span<const Feature> more) {
    Feature* const features = features_.get();
    uint64_t* const all = seen_.data();
    size_t size = size_;
    for (const Feature& feature : more) {
      const uint64_t bit = uint64_t{1} << feature.bucket % 64;
      uint64_t& seen = all[feature.bucket / 64];
      features[size] = feature;
      size += (seen & bit) == 0 ? 1 : 0;
      seen |= bit;
    }
    size_ = size;
  }

  // In the order met.
  absl::Span<const Feature> features() const {
    return {features_.get(), size_};
  }

 private:
  // Of more features it takes less to forget all buckets at once.
  static constexpr size_t kClearedOneByOneMax = 128;

  // As many as there are buckets, and one that is written and not kept. Memory
  // that no text reaches is never touched.
  std::unique_ptr<Feature[]> features_ =
      std::make_unique_for_overwrite<Feature[]>(kCount + 1);
  size_t size_ = 0;
  // A bit a bucket; those of features() are set.
  std::array<uint64_t, kCount / 64> seen_ = {};
};

// Features as they come, what is met again as well. Whoever adds makes room for
// many at once, and writes them without asking each time. Owned by its thread,
// and used again for the next text.
class FeatureRow {
 public:
  void Clear() { size_ = 0; }

  // Room for that many more, behind those that are there. What Room and
  // features() gave before is void.
  Buckets::Feature* Room(size_t more) {
    if (features_.size() < size_ + more) features_.resize(2 * (size_ + more));
    return features_.data() + size_;
  }
  // What was written to the room ends there.
  // REQUIRES: `end` lies within the last Room, or at its end.
  void End(const Buckets::Feature* end) { size_ = end - features_.data(); }

  absl::Span<const Buckets::Feature> features() const {
    return {features_.data(), size_};
  }

 private:
  std::vector<Buckets::Feature> features_;
  size_t size_ = 0;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_BUCKETS_H_
