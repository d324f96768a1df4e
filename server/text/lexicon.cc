// How a word of a message finds its number in the lexicon:
//
//   1. as it is;
//   2. as a beginning that may have any ending, the longest first;
//   3. with its repeated letters collapsed, where it repeats some, against the
//      lexicon's words collapsed likewise: "stuuuupid", "looser";
//   4. with stars in it, against the words of triggers of its length.
//
// Each but the last costs a look-up or a few, and 2 to 4 are tried only where
// the word's looks ask for it.
#include "server/text/lexicon.h"

#include <algorithm>

namespace levee::text {
namespace {

// Letters of an ending, and before it.
constexpr size_t kEndingMax = 4;
constexpr size_t kStemMin = 3;
// A word with a letter doubled, no more, collapses only to words of so many
// letters: "coool" may be cool, but "boob" is not "bob".
constexpr size_t kCollapsedMin = 4;

enum class Repeats { kNone, kDoubled, kStretched };

Repeats RepeatsOf(absl::Span<const char32_t> letters) {
  size_t run = 1;
  size_t longest = 1;
  for (size_t i = 1; i < letters.size(); ++i) {
    run = letters[i] == letters[i - 1] ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest == 1   ? Repeats::kNone
         : longest == 2 ? Repeats::kDoubled
                        : Repeats::kStretched;
}

size_t CountStars(absl::Span<const char32_t> letters) {
  return std::count(letters.begin(), letters.end(), U'*');
}

bool Fits(absl::Span<const char32_t> starred, std::u32string_view word) {
  for (size_t i = 0; i < word.size(); ++i) {
    if (starred[i] != U'*' && starred[i] != word[i]) return false;
  }
  // An ending is not hidden.
  return std::find(starred.begin() + word.size(), starred.end(), U'*') ==
         starred.end();
}

}  // namespace

uint32_t Lexicon::FindPrefix(absl::Span<const char32_t> letters,
                             const KeyTable& prefixes) const {
  if (letters.size() < kStemMin || prefixes.size() == 0) return 0;
  const size_t least =
      std::max(kStemMin, letters.size() - std::min(letters.size(), kEndingMax));
  uint64_t hash = HashOf(letters.first(least));
  uint32_t found = prefixes.Find(hash);
  for (size_t size = least; size < letters.size();) {
    hash = HashStep(hash, letters[size++]);
    if (const uint32_t longer = prefixes.Find(hash); longer != 0) {
      found = longer;
    }
  }
  return found;
}

uint32_t Lexicon::FindCollapsed(absl::Span<const char32_t> letters) const {
  const Repeats repeats = RepeatsOf(letters);
  if (repeats == Repeats::kNone) return 0;
  char32_t collapsed[kWordLettersMax];
  size_t size = 0;
  for (const char32_t letter : letters) {
    if (size == 0 || collapsed[size - 1] != letter) collapsed[size++] = letter;
  }
  if (repeats == Repeats::kDoubled && size < kCollapsedMin) return 0;
  const auto word = absl::MakeConstSpan(collapsed, size);
  const uint32_t found = collapsed_.Find(HashOf(word));
  return found != 0 ? found : FindPrefix(word, collapsed_prefixes_);
}

uint32_t Lexicon::FindStarred(absl::Span<const char32_t> letters) const {
  const size_t stars = CountStars(letters);
  if (stars == 0 || stars + 2 > letters.size()) return 0;
  for (size_t size = letters.size();
       size >= kStemMin && size + kEndingMax >= letters.size(); --size) {
    if (size >= hidden_.size()) continue;
    for (const Hidden& word : hidden_[size]) {
      if ((word.open || size == letters.size()) &&
          Fits(letters, word.letters)) {
        return word.number;
      }
    }
  }
  return 0;
}

uint32_t Lexicon::NumberOf(absl::Span<const char32_t> letters,
                           uint64_t hash) const {
  if (letters.size() > kWordLettersMax) return 0;
  if (const uint32_t word = words_.Find(hash); word != 0) return word;
  if (letters.size() < kStemMin) return 0;
  if (stems_[StemBit(HashOf(letters.first(kStemMin)))]) {
    const uint32_t stem = FindPrefix(letters, prefixes_);
    if (stem != 0) return stem;
  }
  if (const uint32_t word = FindCollapsed(letters); word != 0) return word;
  return FindStarred(letters);
}

}  // namespace levee::text
