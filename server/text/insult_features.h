// What the learned score of insults sees of a sentence: which of 2^15 buckets
// its words, their neighbours, the lexicon's classes and rules fall into.
//
// Training reads exactly what judging reads: tests/eval/insult_features prints
// these numbers.
#ifndef LEVEE_SERVER_TEXT_INSULT_FEATURES_H_
#define LEVEE_SERVER_TEXT_INSULT_FEATURES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/text/grammar.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"

namespace levee::text {

inline constexpr int kInsultBucketBits = 15;
inline constexpr size_t kInsultBuckets = size_t{1} << kInsultBucketBits;

// The distinct buckets of sentences, one after the other. Owned by its thread.
class InsultFeatures {
 public:
  struct Feature {
    uint16_t bucket = 0;
    // The unit that it begins with.
    uint16_t unit = 0;
  };

  // Reads a sentence whose matches are found.
  void Read(const Lexicon& lexicon, const Normalised& message,
            const Sentence& sentence);

  // In the order met, each once.
  const std::vector<Feature>& features() const { return features_; }

 private:
  static constexpr int kBucketShift = 64 - kInsultBucketBits;

  void Add(uint64_t key, size_t unit) {
    const uint64_t bucket = (key * 0x9E3779B97F4A7C15) >> kBucketShift;
    uint64_t& seen = seen_[bucket / 64];
    const uint64_t bit = uint64_t{1} << bucket % 64;
    if ((seen & bit) != 0) return;
    seen |= bit;
    features_.push_back(
        {static_cast<uint16_t>(bucket), static_cast<uint16_t>(unit)});
  }
  void AddUnits(const Sentence& sentence);
  void AddClasses(const Lexicon& lexicon, const Sentence& sentence);
  void AddRules(const Lexicon& lexicon, const Sentence& sentence);
  void AddDisguised(const Normalised& message, const Sentence& sentence);

  std::vector<Feature> features_;
  // A bit a bucket; those of `features_` are set.
  uint64_t seen_[kInsultBuckets / 64] = {};
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_INSULT_FEATURES_H_
