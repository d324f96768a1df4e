// Finds what a lexicon's rules say of a sentence.
#ifndef LEVEE_SERVER_TEXT_GRAMMAR_H_
#define LEVEE_SERVER_TEXT_GRAMMAR_H_

#include <bitset>
#include <cstdint>
#include <vector>

#include "server/text/lexicon.h"
#include "server/text/normalise.h"
#include "server/text/units.h"

namespace levee::text {

// An entry found at units [begin, end).
struct Hit {
  uint16_t begin = 0;
  uint16_t end = 0;
  uint32_t node = 0;
  // The hit before it that ends at the same place, plus one; 0: none.
  uint16_t before = 0;
};

// A rule that matched units [begin, end).
struct Match {
  uint16_t rule = 0;
  uint16_t begin = 0;
  uint16_t end = 0;
};

inline constexpr size_t kClassBits = 512;

// A sentence and what was found in it. Used again for the next one.
struct Sentence {
  std::vector<Unit> units;
  // By begin, the longest first.
  std::vector<Hit> hits;
  // Of unit i, the hits: [first_hit[i], first_hit[i + 1]).
  std::vector<uint16_t> first_hit;
  // The last hit that ends before unit i, plus one; 0: none.
  std::vector<uint16_t> ending;
  bool has_trigger = false;
  // A bit for each class of a hit: of its number, or of numbers that share it.
  std::bitset<kClassBits> classes;
  // In the order of rules; no two share a unit that both begin with.
  std::vector<Match> matches;
};

// What a message may cost: triggers that rules are tried from. Those beyond
// are passed over.
inline constexpr uint32_t kTriggersMax = 512;

// Reads the next sentence and looks its units up. False where none is left.
bool ReadSentence(const Lexicon& lexicon, const Normalised& message,
                  UnitCursor* cursor, Sentence* sentence);

// Fills in `matches`; takes triggers from `triggers_left`.
void FindMatches(const Lexicon& lexicon, uint32_t* triggers_left,
                 Sentence* sentence);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_GRAMMAR_H_
