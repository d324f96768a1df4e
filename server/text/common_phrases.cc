// Tested by tests/server/text/common_phrases_test.cc.
//
// A table of sets of eight. What is not in its set takes the place of the
// phrase that came on the fewest days, and among those of the one that was
// counted longest ago: so any number of new phrases leaves the common ones
// alone, until there are more of these than there is room for.
#include "server/text/common_phrases.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "server/text/mix.h"

namespace levee::text {
namespace {

constexpr size_t kSets = 512;
constexpr size_t kWays = 8;
constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;

int32_t DayOf(int64_t when_ms) {
  const int64_t day = when_ms / kDayMs - (when_ms % kDayMs < 0 ? 1 : 0);
  return static_cast<int32_t>(
      std::clamp<int64_t>(day, std::numeric_limits<int32_t>::min() / 2,
                          std::numeric_limits<int32_t>::max() / 2));
}

}  // namespace

CommonPhrases::CommonPhrases() : phrases_(kSets * kWays) {}

size_t CommonPhrases::SetOf(uint64_t phrase) {
  return Mix(phrase) % kSets * kWays;
}

void CommonPhrases::Note(uint64_t phrase, uint64_t customer, int64_t when_ms) {
  const int32_t day = DayOf(when_ms);
  const auto bit = static_cast<uint8_t>(Mix(customer) >> 58);
  Phrase* const begin = phrases_.data() + SetOf(phrase);
  Phrase* const end = begin + kWays;
  Phrase* kept = std::find_if(begin, end, [&](const Phrase& one) {
    return one.days != 0 && one.hash == phrase;
  });
  if (kept == end) {
    kept = std::min_element(begin, end, [](const Phrase& a, const Phrase& b) {
      return std::pair(a.days, a.day) < std::pair(b.days, b.day);
    });
    *kept = {};
  }
  if (kept->days == 0 || day - kept->day > kGapDaysMax) {
    *kept = {.hash = phrase, .customers = 0, .day = day, .days = 1};
  } else if (day > kept->day && bit != kept->last_bit) {
    kept->day = day;
    if (kept->days < std::numeric_limits<uint16_t>::max()) ++kept->days;
  }
  kept->customers |= uint64_t{1} << bit;
  kept->last_bit = bit;
}

bool CommonPhrases::IsCommon(uint64_t phrase) const {
  const Phrase* const begin = phrases_.data() + SetOf(phrase);
  return std::any_of(begin, begin + kWays, [&](const Phrase& one) {
    return one.days >= kDaysMin && one.hash == phrase &&
           std::popcount(one.customers) >= kCustomersMin;
  });
}

}  // namespace levee::text
