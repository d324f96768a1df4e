// Looking up what a line begins with.
#ifndef LEVEE_SERVER_TEXT_BEGINNINGS_H_
#define LEVEE_SERVER_TEXT_BEGINNINGS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace levee::text {

// A list of beginnings that stands still. Most lines begin with none of them,
// which a bit per pair of first bytes tells at once.
template <size_t kCount>
class Beginnings {
 public:
  // REQUIRES: Are(words); `words` outlives it.
  explicit constexpr Beginnings(const std::string_view (&words)[kCount])
      : words_(words) {
    for (const std::string_view word : words) {
      const size_t bit = BitOf(word);
      bits_[bit / 64] |= uint64_t{1} << bit % 64;
    }
  }

  // Whether a list can be looked up: it ascends, none begins another, and all
  // have two bytes or more.
  static constexpr bool Are(const std::string_view (&words)[kCount]) {
    for (size_t i = 0; i < kCount; ++i) {
      if (words[i].size() < 2) return false;
      if (i > 0 && (words[i - 1] >= words[i] ||
                    words[i].substr(0, words[i - 1].size()) == words[i - 1])) {
        return false;
      }
    }
    return true;
  }

  // Whether `text` begins with one of them. O(log kCount): whatever stands
  // between a beginning and the text begins with it too.
  bool Has(std::string_view text) const {
    if (text.size() < 2) return false;
    const size_t bit = BitOf(text);
    if ((bits_[bit / 64] >> bit % 64 & 1) == 0) return false;
    const auto* after =
        std::upper_bound(std::begin(words_), std::end(words_), text);
    return after != std::begin(words_) &&
           text.substr(0, after[-1].size()) == after[-1];
  }

 private:
  static constexpr size_t kBits = 1024;

  static constexpr size_t BitOf(std::string_view text) {
    return (static_cast<uint8_t>(text[0]) * 37u +
            static_cast<uint8_t>(text[1])) %
           kBits;
  }

  const std::string_view (&words_)[kCount];
  std::array<uint64_t, kBits / 64> bits_{};
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_BEGINNINGS_H_
