#include "server/text/disguises.h"

#include <algorithm>
#include <string_view>

namespace levee::text {
namespace {

// Points between two letters of a word that is spelled out, at most: ". ".
constexpr size_t kSeparatorMax = 3;
// Letters of a word that is spelled out, at most; what follows is another.
constexpr size_t kSpelledOutMax = 64;
constexpr size_t kSpelledOutMin = 3;
constexpr size_t kSpacedOutMin = 4;
// Letters of a word with stars before or behind.
constexpr size_t kStarredMax = 6;
// Points of an emphasis.
constexpr size_t kEmphasisMax = 64;
// Letters behind a bracket that stands for c.
constexpr size_t kBracketMax = 3;

bool IsIn(char32_t value, std::u32string_view set) {
  return set.find(value) != std::u32string_view::npos;
}

bool IsSeparator(const Point* point) {
  return point != nullptr && (point->what == PointClass::kSpace ||
                              IsIn(point->value, U".-_*/·•・~+,|:\\'^=#&"));
}

bool IsLoneLatin(absl::Span<const Point> points, size_t at) {
  return IsOwn(points, at, PointClass::kLatin) &&
         !IsLetterOrDigit(points, at + 1);
}

// Points of separators from `at` on; 0: none, or too many.
size_t SeparatorSize(absl::Span<const Point> points, size_t at) {
  size_t size = 0;
  while (size <= kSeparatorMax && IsSeparator(OwnPoint(points, at + size))) {
    ++size;
  }
  return size <= kSeparatorMax ? size : 0;
}

// Whether the separator that stands at `first` stands at `at` as well.
bool IsSame(absl::Span<const Point> points, size_t first, size_t size,
            size_t at) {
  for (size_t i = 0; i < size; ++i) {
    const Point* point = OwnPoint(points, at + i);
    if (point == nullptr || point->value != points[first + i].value) {
      return false;
    }
  }
  return true;
}

bool IsVowel(char32_t value) { return IsIn(value, U"aeiou"); }

// Latin letters from `at` on, counted up to `most`.
size_t LatinRun(absl::Span<const Point> points, size_t at, size_t most) {
  size_t size = 0;
  while (size < most && IsOwn(points, at + size, PointClass::kLatin)) ++size;
  return size;
}

bool IsConsonant(absl::Span<const Point> points, size_t at) {
  return IsOwn(points, at, PointClass::kLatin) && !IsVowel(points[at].value);
}

// '!' for i: within a word, where a sentence is not likely to end.
bool IsExclamationForLetter(absl::Span<const Point> points, size_t begin,
                            size_t at) {
  if (!IsOwn(points, at + 1, PointClass::kLatin)) return false;
  if (at == begin) return LatinRun(points, at + 1, 3) == 3;
  if (points[at - 1].what != PointClass::kLatin) return true;
  if (IsVowel(points[at - 1].value)) return false;
  return at - begin <= 3 || !IsVowel(points[at + 1].value);
}

// Whether a word can end before `at`.
bool IsWordEnd(absl::Span<const Point> points, size_t at) {
  const Point* point = OwnPoint(points, at);
  return point == nullptr || point->what == PointClass::kSpace ||
         point->what == PointClass::kLineEnd;
}

// '(' for c: few letters behind it, and neither a bracket that closes it nor
// what follows in code.
bool IsBracketForLetter(absl::Span<const Point> points, size_t at) {
  const size_t run = LatinRun(points, at + 1, kBracketMax + 1);
  const size_t end = at + 1 + run;
  return run > 0 && run <= kBracketMax &&
         (IsWordEnd(points, end) || (IsOwn(points, end, PointClass::kStop) &&
                                     IsWordEnd(points, end + 1)));
}

// Whether a star at `at` begins an emphasis: another ends it, behind a word.
bool IsEmphasis(absl::Span<const Point> points, size_t at) {
  for (size_t i = at + 1; i < at + kEmphasisMax; ++i) {
    const Point* point = OwnPoint(points, i);
    if (point == nullptr || point->what == PointClass::kLineEnd) return false;
    if (point->value == '*' && points[i - 1].what != PointClass::kSpace &&
        !IsLetterOrDigit(points, i + 1)) {
      return true;
    }
  }
  return false;
}

// Whether a star that begins an emphasis stands before `at`.
bool IsInEmphasis(absl::Span<const Point> points, size_t at) {
  for (size_t i = at; i > 0 && at - i < kEmphasisMax; --i) {
    const Point& point = points[i - 1];
    if (point.what == PointClass::kLineEnd) return false;
    const bool starts = i < 2 || (points[i - 2].value != '*' &&
                                  !IsLetterOrDigit(points, i - 2));
    if (point.value == '*' && starts) return true;
  }
  return false;
}

// Whether a star stands in the beginning of the word [begin, last].
bool HasEarlyStar(absl::Span<const Point> points, size_t begin, size_t last) {
  last = std::min(last, begin + kStarredMax);
  for (size_t i = begin + 1; i <= last; ++i) {
    if (points[i].value == '*') return true;
  }
  return false;
}

// '*' for any: stars within a word, one before it, two and more behind it.
bool IsStarForLetter(absl::Span<const Point> points, size_t begin, size_t at) {
  if (at == begin) {
    // A list's item begins a line.
    const size_t run = LatinRun(points, at + 1, kStarredMax + 1);
    return run >= 2 && run <= kStarredMax && begin > 0 &&
           points[begin - 1].what == PointClass::kSpace &&
           (begin < 2 || points[begin - 2].what != PointClass::kLineEnd) &&
           !IsEmphasis(points, at);
  }
  size_t end = at + 1;
  while (end < at + kStarredMax && OwnPoint(points, end) != nullptr &&
         points[end].value == '*') {
    ++end;
  }
  if (IsOwn(points, end, PointClass::kLatin)) return true;
  // "f***", not what ends an emphasis or a word with a footnote.
  return (end > at + 1 || points[at - 1].value == '*') &&
         HasEarlyStar(points, begin, at) && !IsInEmphasis(points, begin);
}

}  // namespace

char32_t MeantLetter(char32_t value) {
  switch (value) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case '|':
      return 'i';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '7':
    case '+':
      return 't';
    case '8':
      return 'b';
    case '9':
      return 'g';
    case '(':
      return 'c';
    default:
      return value;
  }
}

size_t SpelledOutEnd(absl::Span<const Point> points, size_t at, bool again) {
  const size_t first = at + 1;
  const size_t size = SeparatorSize(points, first);
  // The end of another abbreviation: "e.g. A. B."
  if (at > 0 && points[at - 1].what != PointClass::kSpace &&
      IsSeparator(OwnPoint(points, at - 1))) {
    return at;
  }
  if (size == 0 || !IsLoneLatin(points, first + size)) return at;
  size_t end = at + 1;
  size_t letters = 1;
  while (letters < kSpelledOutMax && IsSame(points, first, size, end) &&
         IsLoneLatin(points, end + size)) {
    end += size + 1;
    ++letters;
  }
  const bool spaces =
      std::all_of(points.begin() + first, points.begin() + first + size,
                  [](const Point& p) { return p.what == PointClass::kSpace; });
  // "a, b, c" is a list.
  if (size > 1 && points[first].value == ',') return at;
  const size_t least = again ? 2 : spaces ? kSpacedOutMin : kSpelledOutMin;
  return letters >= least ? end : at;
}

bool IsSignForLetter(absl::Span<const Point> points, size_t begin, size_t at) {
  const bool latin_follows = IsOwn(points, at + 1, PointClass::kLatin);
  const Point* next = OwnPoint(points, at + 1);
  const bool follows = latin_follows ||
                       IsOwn(points, at + 1, PointClass::kDigit) ||
                       (next != nullptr && IsIn(next->value, U"@$!*"));
  switch (points[at].value) {
    case '@':
      // "@support" is somebody; "@sshole" is none.
      return follows && (at > begin || (IsConsonant(points, at + 1) &&
                                        IsConsonant(points, at + 2)));
    case '$':
      if (at == begin) return LatinRun(points, at + 1, 2) == 2;
      return follows || points[at - 1].value == '$';
    case '!':
      return IsExclamationForLetter(points, begin, at);
    case '*':
      return IsStarForLetter(points, begin, at);
    case '|':
      return at - begin >= 2 && latin_follows;
    case '(':
      return at > begin && IsBracketForLetter(points, at);
    case '+': {
      const size_t run = LatinRun(points, at + 1, 5);
      return at > begin && run >= 2 && run <= 4;
    }
    default:
      return false;
  }
}

size_t HanSeparatorsEnd(absl::Span<const Point> points, size_t at,
                        bool single) {
  size_t end = at;
  bool strong = true;
  for (; end - at < kSeparatorMax; ++end) {
    const Point* point = OwnPoint(points, end);
    if (point == nullptr || point->what == PointClass::kHan) break;
    if (IsIn(point->value, U"*·•・^")) continue;
    strong = false;
    if (point->what != PointClass::kSpace &&
        !IsIn(point->value, U".-_/~+|#&@%$=`")) {
      return at;
    }
  }
  if (end == at || !IsOwn(points, end, PointClass::kHan)) return at;
  // Honest writers put spaces and signs between words; between characters
  // nobody does.
  if (strong || (single && !IsOwn(points, end + 1, PointClass::kHan))) {
    return end;
  }
  return at;
}

}  // namespace levee::text
