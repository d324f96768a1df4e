#include "server/text/minhash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace levee::text {
namespace {

struct Pair {
  std::vector<uint64_t> a;
  std::vector<uint64_t> b;
};

// Two sets of `size`, `common` of which are the same.
Pair RandomPair(size_t size, size_t common, std::mt19937_64* random) {
  Pair pair;
  for (size_t i = 0; i < size; ++i) {
    pair.a.push_back((*random)());
    pair.b.push_back(i < common ? pair.a.back() : (*random)());
  }
  return pair;
}

// True minima, told in the plainest way.
MinHash SlowMinHash(const std::vector<uint64_t>& hashes) {
  uint64_t state = 0x6C657665652F6D68;
  std::vector<uint16_t> multipliers;
  while (multipliers.size() < kMinHashBytes) {
    uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    const auto next = static_cast<uint16_t>(((z ^ (z >> 31)) >> 48) | 1);
    if (std::find(multipliers.begin(), multipliers.end(), next) ==
        multipliers.end()) {
      multipliers.push_back(next);
    }
  }
  MinHash minhash;
  for (size_t i = 0; i < kMinHashBytes; ++i) {
    int least = INT16_MAX;
    for (const uint64_t hash : hashes) {
      const auto low = static_cast<uint16_t>(hash | 1);
      const auto high = static_cast<uint16_t>(hash >> 16);
      const auto product =
          static_cast<uint16_t>(uint32_t{low} * multipliers[i]);
      least = std::min<int>(least, static_cast<int16_t>(product ^ high));
    }
    minhash[i] = static_cast<uint8_t>(least);
  }
  return minhash;
}

TEST(MinHash, IsWhatItsFormulaSays) {
  const uint32_t seed = 20261130;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const size_t size : {0, 1, 2, 3, 17, 300}) {
    const std::vector<uint64_t> hashes = RandomPair(size, 0, &random).a;
    EXPECT_EQ(MinHashOf(hashes), SlowMinHash(hashes)) << size;
    EXPECT_EQ(NarrowMinHashOf(hashes), SlowMinHash(hashes)) << size;
  }
}

// Stored fingerprints must stay comparable: if this fails, raise
// kFingerprintVersion.
TEST(MinHash, StaysAsItWas) {
  std::vector<uint64_t> hashes;
  for (uint64_t i = 1; i <= 50; ++i) hashes.push_back(i * 0x9E3779B97F4A7C15);
  const MinHash minhash = MinHashOf(hashes);
  const std::vector<int> first(minhash.begin(), minhash.begin() + 8);
  EXPECT_EQ(first, (std::vector<int>{37, 120, 69, 221, 166, 96, 159, 229}));
}

TEST(MinHash, DependsOnTheSetAlone) {
  std::mt19937_64 random(3);
  std::vector<uint64_t> hashes = RandomPair(100, 0, &random).a;
  const MinHash minhash = MinHashOf(hashes);
  std::reverse(hashes.begin(), hashes.end());
  EXPECT_EQ(MinHashOf(hashes), minhash);
  hashes.insert(hashes.end(), hashes.begin(), hashes.begin() + 50);
  EXPECT_EQ(MinHashOf(hashes), minhash);
}

// Neither the mean nor the spread of the estimate may differ from those of 128
// independent hash functions with true minima.
TEST(MinHash, EstimatesJaccardAsWellAsIndependentFunctions) {
  const uint32_t seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  constexpr int kPairs = 4000;
  for (const size_t size : {20, 60, 300}) {
    for (const double share : {0.0, 0.2, 0.5, 0.7, 0.9}) {
      const auto common = static_cast<size_t>(share * size);
      const double jaccard =
          static_cast<double>(common) / (2.0 * size - common);
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < kPairs; ++i) {
        const Pair pair = RandomPair(size, common, &random);
        const double equal = EqualBytes(MinHashOf(pair.a), MinHashOf(pair.b));
        sum += equal;
        squares += equal * equal;
      }
      const double mean = sum / kPairs;
      const double variance = squares / kPairs - mean * mean;
      const double chance = jaccard + (1 - jaccard) / 256;
      const double expected = kMinHashBytes * chance;
      const double expected_variance = expected * (1 - chance);
      // Four standard errors, and what chance agreement of low minima adds.
      EXPECT_NEAR(mean, expected,
                  4 * std::sqrt(expected_variance / kPairs) + 0.1)
          << size << " " << share;
      EXPECT_NEAR(variance / expected_variance, 1, 0.15)
          << size << " " << share;
    }
  }
}

// Hashes that differ in few bits are no worse, since shingles are mixed; but
// those that agree in the low 32 bits are one.
TEST(MinHash, ReadsTheLowBits) {
  EXPECT_EQ(MinHashOf(std::vector<uint64_t>{0x1'0000'0001}),
            MinHashOf(std::vector<uint64_t>{0x7'0000'0001}));
  EXPECT_NE(MinHashOf(std::vector<uint64_t>{0x10001}),
            MinHashOf(std::vector<uint64_t>{0x20001}));
}

TEST(EqualBytes, CountsThem) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 2000; ++round) {
    MinHash a;
    MinHash b;
    int equal = 0;
    const uint64_t variety = 1 + random() % 256;
    for (size_t i = 0; i < kMinHashBytes; ++i) {
      a[i] = static_cast<uint8_t>(random() % variety);
      b[i] = static_cast<uint8_t>(random() % variety);
      equal += a[i] == b[i] ? 1 : 0;
    }
    ASSERT_EQ(EqualBytes(a, b), equal);
    ASSERT_EQ(EqualBytes(a, a), 128);
  }
}

}  // namespace
}  // namespace levee::text
