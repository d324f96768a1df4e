// Short texts that many customers send anyway: "thanks", "server down". That
// two of them are equal says nothing.
#ifndef LEVEE_SERVER_TEXT_COMMON_PHRASES_H_
#define LEVEE_SERVER_TEXT_COMMON_PHRASES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace levee::text {

// Remembers phrases by a hash, a bounded number of them. A phrase is common
// when
//   - at least kCustomersMin customers sent it (told apart by one of 64 bits
//     each, so in truth it may take a few more), and
//   - it came on at least kDaysMin days (of UTC), each of which began with
//     another customer than the last one before it; a gap of more than
//     kGapDaysMax days begins anew.
// So a text that many accounts send within two days is never common, and one
// customer makes none so.
//
// Not safe for threads. Allocates when constructed only: 96 KiB.
class CommonPhrases {
 public:
  static constexpr int kCustomersMin = 8;
  static constexpr int kDaysMin = 3;
  static constexpr int kGapDaysMax = 30;

  CommonPhrases();

  // `customer` sent the phrase.
  void Note(uint64_t phrase, uint64_t customer, int64_t when_ms);

  bool IsCommon(uint64_t phrase) const;

  // Memory that is used, in bytes.
  size_t bytes() const { return phrases_.size() * sizeof(Phrase); }

 private:
  struct Phrase {
    uint64_t hash = 0;
    // A bit for each customer.
    uint64_t customers = 0;
    // The last day that counted.
    int32_t day = 0;
    uint16_t days = 0;
    // The last sender's bit.
    uint8_t last_bit = 0;
  };

  // Where the phrase's set begins.
  static size_t SetOf(uint64_t phrase);

  std::vector<Phrase> phrases_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_COMMON_PHRASES_H_
