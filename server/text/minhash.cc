// Tested by tests/server/text/minhash_test.cc.
//
// For each of 128 hash functions, the least value over the set is kept. Two
// sets have the same least element with the probability of their Jaccard
// similarity (Broder, "On the resemblance and containment of documents", 1997),
// so the share of equal minima estimates it, with a standard deviation of
// sqrt(J (1 - J) / 128): 0.044 at 0.5. Of each minimum its low byte is kept (Li
// and König, "b-Bit Minwise Hashing", 2010), which agrees by chance in one of
// 256.
//
// Not SimHash, which tells near-duplicates of short texts from others badly;
// and not one-permutation hashing, whose bins are empty for short texts.
//
// The cost is all in the inner loop: shingles x 128. So a function is three
// instructions for eight lanes of 16 bits in the vectors that every 64-bit
// machine has (SSE2, NEON), or for sixteen in those of AVX2:
//
//   value = (low * multiplier[lane]) ^ high      least = min(least, value)
//
// `low` and `high` are the halves of the element's 32-bit hash. `low` is made
// odd, and so are the multipliers: then low * multiplier takes every odd value
// alike, whatever the element. That this is as good as independent functions is
// measured by the test: neither the mean nor the spread of the estimate differs
// from what the formula says.
#include "server/text/minhash.h"

#include <cstring>

namespace levee::text {
namespace {

// Lanes of 16 bits: in vectors that every 64-bit machine has, and in such as
// most have.
struct Narrow {
  static constexpr size_t kBytes = 16;
  using Signed = int16_t __attribute__((vector_size(16)));
  using Unsigned = uint16_t __attribute__((vector_size(16)));
};
struct Wide {
  static constexpr size_t kBytes = 32;
  using Signed = int16_t __attribute__((vector_size(32)));
  using Unsigned = uint16_t __attribute__((vector_size(32)));
};
// As many minima as stay in registers.
constexpr size_t kVectorsPerPass = 8;

constexpr size_t kNarrowBytes = Narrow::kBytes;
using Bytes = int8_t __attribute__((vector_size(16)));

// Never to be changed: MinHashes are stored. The multipliers are the upper 16
// bits of SplitMix64's outputs (Steele, Lea and Flood, 2014) from the state
// "levee/mh" on, made odd; those that came before are passed over.
constexpr uint64_t kSeed = 0x6C657665652F6D68;

struct Multipliers {
  alignas(64) uint16_t lanes[kMinHashBytes];
};

constexpr uint64_t SplitMix(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

constexpr Multipliers MakeMultipliers() {
  Multipliers made = {};
  uint64_t state = kSeed;
  for (size_t lane = 0; lane < kMinHashBytes;) {
    const auto next = static_cast<uint16_t>(SplitMix(&state) >> 48 | 1);
    bool is_new = true;
    for (size_t i = 0; i < lane; ++i) is_new &= made.lanes[i] != next;
    if (is_new) made.lanes[lane++] = next;
  }
  return made;
}
constexpr Multipliers kMultipliers = MakeMultipliers();

// The minima of the lanes of a pass from the lane `first` on. Inlined into what
// may use the instructions.
template <typename Vector>
[[gnu::always_inline]] inline void LeastOfPass(
    absl::Span<const uint64_t> hashes, size_t first, int16_t* out) {
  using Signed = typename Vector::Signed;
  using Unsigned = typename Vector::Unsigned;
  Unsigned multiplier[kVectorsPerPass];
  std::memcpy(multiplier, kMultipliers.lanes + first, sizeof multiplier);
  Signed least[kVectorsPerPass];
  for (Signed& vector : least) vector = Signed{} + int16_t{INT16_MAX};
  for (const uint64_t hash : hashes) {
    const Unsigned low = Unsigned{} + static_cast<uint16_t>(hash | 1);
    const Unsigned high = Unsigned{} + static_cast<uint16_t>(hash >> 16);
#pragma GCC unroll 8
    for (size_t i = 0; i < kVectorsPerPass; ++i) {
      const Signed value = (Signed)((low * multiplier[i]) ^ high);
      least[i] = value < least[i] ? value : least[i];
    }
  }
  std::memcpy(out, least, sizeof least);
}

template <typename Vector>
[[gnu::always_inline]] inline MinHash InPasses(
    absl::Span<const uint64_t> hashes) {
  constexpr size_t kLanes = kVectorsPerPass * Vector::kBytes / sizeof(int16_t);
  static_assert(kMinHashBytes % kLanes == 0);
  int16_t least[kMinHashBytes];
  for (size_t first = 0; first < kMinHashBytes; first += kLanes) {
    LeastOfPass<Vector>(hashes, first, least + first);
  }
  MinHash minhash;
  for (size_t i = 0; i < kMinHashBytes; ++i) {
    minhash[i] = static_cast<uint8_t>(least[i]);
  }
  return minhash;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) MinHash InWideVectors(
    absl::Span<const uint64_t> hashes) {
  return InPasses<Wide>(hashes);
}
#endif

}  // namespace

MinHash NarrowMinHashOf(absl::Span<const uint64_t> hashes) {
  return InPasses<Narrow>(hashes);
}

MinHash MinHashOf(absl::Span<const uint64_t> hashes) {
#if defined(__x86_64__)
  static const bool is_wide = __builtin_cpu_supports("avx2");
  if (is_wide) return InWideVectors(hashes);
#endif
  return NarrowMinHashOf(hashes);
}

int EqualBytes(const MinHash& a, const MinHash& b) {
  Bytes sum = {};
  for (size_t at = 0; at < kMinHashBytes; at += kNarrowBytes) {
    Bytes x;
    Bytes y;
    std::memcpy(&x, a.data() + at, kNarrowBytes);
    std::memcpy(&y, b.data() + at, kNarrowBytes);
    // -1 where they are equal.
    sum -= x == y;
  }
  // Each byte is at most 8: the sums of eight of them fit a byte.
  uint64_t halves[2];
  std::memcpy(halves, &sum, sizeof halves);
  constexpr uint64_t kOnes = 0x0101010101010101;
  return static_cast<int>((halves[0] * kOnes >> 56) +
                          (halves[1] * kOnes >> 56));
}

}  // namespace levee::text
