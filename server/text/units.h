// A message as the judge of insults reads it: sentence by sentence, each a row
// of units. A unit is a word of letters or a number, one Han character, one
// emoji, a pause, or a run of what is not the writer's own.
#ifndef LEVEE_SERVER_TEXT_UNITS_H_
#define LEVEE_SERVER_TEXT_UNITS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

enum class UnitKind : uint8_t { kWord, kHan, kEmoji, kNumber, kPause, kOther };

struct Unit {
  // HashOf its letters; 0 for kPause and kOther.
  uint64_t hash = 0;
  // Its letters: [begin, end) of Normalised.letters.
  uint32_t begin = 0;
  uint32_t end = 0;
  // Its points: [first, last) of Normalised.points.
  uint32_t first = 0;
  uint32_t last = 0;
  // In the lexicon; 0 where it is unknown.
  uint32_t number = 0;
  UnitKind kind = UnitKind::kOther;
  bool disguised = false;
};

// Units of a sentence at most; a longer one is cut.
inline constexpr size_t kSentenceUnitsMax = 256;

// Whether a message holds Han characters of its writer's own.
bool HasHan(const Normalised& message);

// Where a reading stands: a word, and a letter in it.
struct UnitCursor {
  size_t word = 0;
  uint32_t letter = 0;
  // Points before it are within quotation marks.
  uint32_t quoted_until = 0;
  // Up to here no quotation mark is closed.
  uint32_t unclosed_until = 0;
};

// Reads the next sentence's units, passages in quotation marks as one kOther,
// their numbers not yet known, and moves `cursor` behind it. False where
// nothing is left. Sentences without a unit are passed over.
bool NextSentence(const Normalised& message, UnitCursor* cursor,
                  std::vector<Unit>* units);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_UNITS_H_
