// What a message's words come to, for the judge of meaningless tickets.
#ifndef LEVEE_SERVER_TEXT_TALLY_H_
#define LEVEE_SERVER_TEXT_TALLY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/text/fillers.h"
#include "server/text/han.h"
#include "server/text/latin.h"
#include "server/text/normalise.h"

namespace levee::text {

// Sums over words. Steps are those of Evidence; those of Han are brought to the
// scale of Latin letters.
struct Tally {
  int64_t latin_mash = 0;
  int64_t han_mash = 0;
  uint32_t latin_letters = 0;
  uint32_t han_letters = 0;
  // Words that say little either way: how many, and their steps.
  uint32_t unknown = 0;
  int64_t doubt = 0;
  // For meaning: words, and what is none but may be looked up.
  int64_t meaning = 0;
  // The same of words that go with others and say nothing by themselves: they
  // do count against mash.
  int64_t companions_meaning = 0;
  // Words of any kind.
  uint32_t words = 0;
  // Words that say nothing, by FillerRole.
  std::array<uint32_t, kFillerRoles> roles{};
  bool has_number = false;
  // All numbers only count or repeat, each alone or one behind another.
  bool numbers_say_nothing = true;
  // The points of all words: [first, last).
  uint32_t first = 0;
  uint32_t last = 0;

  int64_t mash() const { return latin_mash + han_mash; }
  uint32_t Count(FillerRole role) const {
    return roles[static_cast<size_t>(role)];
  }
};

// Three or four plain words: with as much meaning a message means something,
// unless there is far more mash.
inline constexpr int64_t kMeaningEnough = 480;
// What meaning weighs against mash.
inline constexpr int64_t kMeaningWeight = 4;

// Reads words until there is meaning enough. Linear; allocates nothing.
Tally TallyWords(const Normalised& message, const LatinModel& latin,
                 const HanModel& han, const Fillers& fillers);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_TALLY_H_
