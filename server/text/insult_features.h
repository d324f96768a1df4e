// What the learned score of insults sees: which of 2^16 buckets the words of a
// message, their letters and neighbours, the lexicon's classes and rules fall
// into; of the whole message, and of windows of a few sentences.
//
// What stands around an insult often tells that it is quoted, told or meant for
// somebody else, which one sentence does not; but a page of patience around it
// does not make it a smaller one. (Measured by five folds at the same false
// alarms: single sentences find a tenth less than whole messages do, and whole
// messages lose a fourth of their insults behind one ordinary message and two
// thirds behind four; together with windows, which must be worse by a logit,
// they lose a fifth and a third and find as many by themselves.)
//
// Training reads exactly what judging reads: tests/eval/text_features prints
// these numbers.
#ifndef LEVEE_SERVER_TEXT_INSULT_FEATURES_H_
#define LEVEE_SERVER_TEXT_INSULT_FEATURES_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "server/text/buckets.h"
#include "server/text/grammar.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"

namespace levee::text {

// Reads the sentences of a message in order. Owned by its thread, and used
// again.
class InsultFeatures {
 public:
  // Units of a window; a longer sentence is a window by itself.
  static constexpr size_t kWindowUnits = 32;

  // Forgets the message before.
  void Clear();

  // Reads the message's next sentence, whose matches are found. `full(window)`
  // is called with each window that it does not fit into: Buckets, whose places
  // are the first points of units. The next window begins with the last
  // sentence of the one before, where that had others.
  template <typename Full>
  void Read(const Lexicon& lexicon, const Normalised& message,
            const Sentence& sentence, Full full) {
    ReadSentence(lexicon, message, sentence);
    const size_t units = sentence.units.size();
    while (sentences_ > 0 && units_ + units > kWindowUnits) {
      full(last());
      StartAnew();
    }
    AddToWindow();
    AddToWhole();
    std::swap(of_sentence_, of_last_);
    units_of_last_ = units;
    units_ += units;
    ++sentences_;
  }

  // The last window; empty where there was no sentence.
  const Buckets& last() const { return apart_ ? window_ : whole_; }
  // While the last window and the whole are one set, as in most messages.
  bool last_is_whole() const { return !apart_; }
  // The message as a whole, of which the first kWholeMax features are read.
  static constexpr size_t kWholeMax = 1024;
  const Buckets& whole() const { return whole_; }

 private:
  void ReadSentence(const Lexicon& lexicon, const Normalised& message,
                    const Sentence& sentence);
  void StartAnew();
  void AddToWindow();
  void AddToWhole();
  void AddUnits(const Sentence& sentence);
  void AddClasses(const Lexicon& lexicon, const Sentence& sentence);
  void AddRules(const Lexicon& lexicon, const Sentence& sentence);
  void AddLetters(const Normalised& message, const Sentence& sentence);
  void AddDisguised(const Normalised& message, const Sentence& sentence);

  Buckets whole_;
  // Kept once it may differ from the whole: most messages are one window.
  Buckets window_;
  bool apart_ = false;
  size_t sentences_ = 0;
  size_t units_ = 0;
  // Of the sentence in hand, and of the one before.
  FeatureRow of_sentence_;
  FeatureRow of_last_;
  size_t units_of_last_ = 0;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_INSULT_FEATURES_H_
