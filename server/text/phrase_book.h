// Phrases that stand for something, in plain text, and where they stand in a
// message.
//
// A book is lines; those that begin with "#" are comments, and one that begins
// with a space carries on the one before:
//
//     KIND WEIGHT: PHRASE | PHRASE | ...
//
// A phrase is words with spaces between them, small letters, simplified Han.
// Each Han character is a word of its own, with or without spaces. Of a word
//
//     post(s)      with and without what stands in brackets
//     best/lowest  the one or the other
//     <n>          any number
//     ~  ~~        at most 4 or 10 words, whichever, or none
//
// Words stand in one sentence; commas and the like between them do not matter.
// Of phrases that begin at the same word the one with the greatest weight
// counts, then the longest; the search goes on behind it.
//
// The idea: nearly no word begins a phrase, so that is asked first, of a bitmap
// (of the word's hash; then the same of two words). What passes is looked for
// in a trie, whose edges lie in one table. Linear in the message: a phrase has
// at most kWordsMax words and kGapsMax gaps, and those bound what is tried from
// each word on.
#ifndef LEVEE_SERVER_TEXT_PHRASE_BOOK_H_
#define LEVEE_SERVER_TEXT_PHRASE_BOOK_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/key_table.h"
#include "server/text/mix.h"
#include "server/text/normalise.h"

namespace levee::text {

// A place in a message between two words of the book's: a word, and within a
// word of Han or emoji a letter.
struct PhrasePlace {
  uint32_t word = 0;
  // Counted from the word's first.
  uint32_t letter = 0;
};

struct PhraseMatch {
  // In the order of the book; those of one entry share it.
  uint32_t phrase = 0;
  // The kind's place in the list that the book was read with.
  uint32_t kind = 0;
  int32_t weight = 0;
  // Its points: [first, last) of Normalised.points.
  uint32_t first = 0;
  uint32_t last = 0;
  PhrasePlace end;
};

// Threads: any, once read.
class PhraseBook {
 public:
  static constexpr size_t kWordsMax = 12;
  static constexpr size_t kGapsMax = 2;
  // Letters of a word.
  static constexpr size_t kLettersMax = 32;

  // INVALID_ARGUMENT, naming the line. `kinds`: the names that may stand there.
  static absl::StatusOr<PhraseBook> Read(
      std::string_view text, absl::Span<const std::string_view> kinds);

  // The first phrase that begins at or behind `from` and before the word
  // `end`. False where there is none.
  // REQUIRES: end <= message.words.size().
  bool Find(const Normalised& message, PhrasePlace from, uint32_t end,
            PhraseMatch* match) const;

  // The weightiest phrase that begins at `at`.
  bool FindAt(const Normalised& message, PhrasePlace at,
              PhraseMatch* match) const;

 private:
  friend class PhraseReader;

  struct Node {
    // Of what ends here; no phrase: weight 0.
    uint32_t phrase = 0;
    uint32_t kind = 0;
    int32_t weight = 0;
    // The node behind a gap, and its width; 0: none.
    uint32_t behind_gap = 0;
    uint32_t gap = 0;
  };
  struct Step;

  static constexpr size_t kFilterBits = 1 << 16;
  static uint64_t EdgeKey(uint32_t node, uint64_t word) {
    return Mix(word + node * uint64_t{0x9E3779B97F4A7C15});
  }
  // Where a word of that hash stands in the bitmaps.
  static uint32_t FilterOf(uint64_t hash) {
    return hash * 0x9E3779B97F4A7C15 >> 48;
  }
  static uint32_t PairFilterOf(uint32_t first, uint32_t second) {
    return (static_cast<uint64_t>(first) << 16 ^ second) * 0x9E3779B97F4A7C15 >>
           48;
  }

  // Whether a phrase may begin with the word of that filter and the one at
  // `behind`.
  bool MayGoOn(const Normalised& message, uint32_t filter,
               PhrasePlace behind) const;
  // As Find, within a word of Han or emoji.
  bool FindInHan(const Normalised& message, PhrasePlace from,
                 PhraseMatch* match) const;
  void Walk(const Normalised& message, const Step& step,
            PhraseMatch* best) const;

  std::vector<Node> nodes_;
  KeyTable edges_;
  // By filter: the first words of phrases; those of them that a phrase may
  // consist of, or that a gap may follow; the first two words.
  std::bitset<kFilterBits> first_;
  std::bitset<kFilterBits> lone_;
  std::bitset<kFilterBits> pairs_;
  // Phrases begin with a number.
  bool numbers_ = false;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PHRASE_BOOK_H_
