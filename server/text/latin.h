// Whether a word of Latin letters was typed without meaning.
//
// Words of all languages have their habits of which letters follow each other,
// and hands that drum on a keyboard have others. A table says of every four
// letters how much they speak for the one against the other; a word's letters
// are summed up, so that a long one is judged with more certainty than a short
// one. tests/train/latin.py builds the table and says from what.
#ifndef LEVEE_SERVER_TEXT_LATIN_H_
#define LEVEE_SERVER_TEXT_LATIN_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace levee::text {

// What letters say: sixteenths of the natural logarithm of how much likelier
// they are in mash than in words. Positive: mash.
struct Evidence {
  int32_t steps = 0;
  // How many letters were judged.
  uint32_t letters = 0;
};

// Letters of the tables: a boundary and a to z.
inline constexpr uint32_t kGramLetters = 27;
inline constexpr size_t kGrams = 27 * 27 * 27 * 27;

// Views of a file's sections. Threads: const methods from any.
class LatinModel {
 public:
  // DATA_LOSS where the bytes are no such model. `file` must outlive it.
  static absl::StatusOr<LatinModel> Open(std::string_view file);

  // A word in lower case. Marks are taken off its letters, what is no letter is
  // passed over, and a letter that is held down counts twice at most. Linear.
  Evidence Judge(absl::Span<const char32_t> word) const;

  // Writes at most two letters, 1 to 26, that `point` is written with; returns
  // how many.
  int Letters(char32_t point, uint8_t out[2]) const;

 private:
  LatinModel(const int8_t* grams, const uint8_t* bases)
      : grams_(grams), bases_(bases) {}

  const int8_t* grams_;
  const uint8_t* bases_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_LATIN_H_
