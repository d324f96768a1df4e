// Whether a run of Han was typed without meaning through a pinyin input method.
//
// Such a method makes real characters and words of any keys (asdf: 阿斯顿发).
// What it cannot hide is which keys they were: each character begins with the
// letter that was hit. So the run is read as its initials, and those are judged
// like a word of Latin letters (latin.h). That two characters are often seen
// together in Chinese counts against mash, a little: an input method that knows
// its Chinese chooses such. tests/train/han.py builds the tables.
#ifndef LEVEE_SERVER_TEXT_HAN_H_
#define LEVEE_SERVER_TEXT_HAN_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/latin.h"

namespace levee::text {

// Views of a file's sections. Threads: const methods from any.
class HanModel {
 public:
  // DATA_LOSS where the bytes are no such model. `file` must outlive it.
  static absl::StatusOr<HanModel> Open(std::string_view file);

  // A run of simplified Han. What is said again and again, up to four
  // characters long, counts twice. Linear.
  Evidence Judge(absl::Span<const char32_t> run) const;

 private:
  HanModel(const uint8_t* initials, const int8_t* grams, const uint16_t* pairs)
      : initials_(initials), grams_(grams), pairs_(pairs) {}

  int32_t Pair(char32_t first, char32_t second) const;

  const uint8_t* initials_;
  const int8_t* grams_;
  const uint16_t* pairs_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_HAN_H_
