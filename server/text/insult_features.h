// What the learned score of insults sees of a message: which of 2^16 buckets
// its words, their letters and neighbours, the lexicon's classes and rules fall
// into.
//
// Training reads exactly what judging reads: tests/eval/insult_features prints
// these numbers.
#ifndef LEVEE_SERVER_TEXT_INSULT_FEATURES_H_
#define LEVEE_SERVER_TEXT_INSULT_FEATURES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/text/buckets.h"
#include "server/text/grammar.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"

namespace levee::text {

inline constexpr size_t kInsultBuckets = Buckets::kCount;

// The distinct buckets of a message. Owned by its thread, and used again.
class InsultFeatures {
 public:
  // Forgets the message before.
  void Clear() { buckets_.Clear(); }

  // Reads the message's next sentence, whose matches are found.
  void Read(const Lexicon& lexicon, const Normalised& message,
            const Sentence& sentence);

  // In the order met, each once in the message; places are units of their
  // sentence.
  absl::Span<const Buckets::Feature> features() const {
    return buckets_.features();
  }

 private:
  void Add(uint64_t key, size_t unit) {
    buckets_.Add(key * 0x9E3779B97F4A7C15, unit);
  }
  void AddUnits(const Sentence& sentence);
  void AddClasses(const Lexicon& lexicon, const Sentence& sentence);
  void AddRules(const Lexicon& lexicon, const Sentence& sentence);
  void AddLetters(const Normalised& message, const Sentence& sentence);
  void AddDisguised(const Normalised& message, const Sentence& sentence);

  Buckets buckets_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_INSULT_FEATURES_H_
