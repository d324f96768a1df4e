// What hides a word: separators between its letters, signs and digits for
// letters.
//
// All look ahead a bounded number of points from where they are asked.
#ifndef LEVEE_SERVER_TEXT_DISGUISES_H_
#define LEVEE_SERVER_TEXT_DISGUISES_H_

#include <cstddef>

#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

// The point at `at`, where it is the writer's own word; nullptr elsewhere.
inline const Point* OwnPoint(absl::Span<const Point> points, size_t at) {
  return at < points.size() && points[at].place == Place::kWords ? &points[at]
                                                                 : nullptr;
}

// Whether the writer's own point at `at` is of that class.
inline bool IsOwn(absl::Span<const Point> points, size_t at, PointClass what) {
  const Point* point = OwnPoint(points, at);
  return point != nullptr && point->what == what;
}

// A letter, or a digit that may stand for one.
inline bool IsLetterOrDigit(absl::Span<const Point> points, size_t at) {
  return IsOwn(points, at, PointClass::kLatin) ||
         IsOwn(points, at, PointClass::kLetter) ||
         IsOwn(points, at, PointClass::kDigit);
}

// The letter that a digit or sign stands for in a disguised word; the point's
// own value where it stands for none.
char32_t MeantLetter(char32_t value);

// Where a word that is spelled out ends: single Latin letters with the same
// separator between them ("f u c k", "s.h.i.t", "R. E. B. O. O. T."). At least
// three of them, or four where spaces alone stand between; two where the word
// before is spelled out as well (`again`). `at` where there is none.
// REQUIRES: a Latin letter of the writer's own stands at `at`, and no letter
// or digit beside it.
size_t SpelledOutEnd(absl::Span<const Point> points, size_t at, bool again);

// Whether a sign at `at` stands for a letter, or for any letter ('*'), of the
// word that begins at `begin`; begin == at where it would be the first.
bool IsSignForLetter(absl::Span<const Point> points, size_t begin, size_t at);

// Where separators within a Han word end that begin at `at`: where its next
// character stands. `at` where the word ends there. `single`: one character
// stands before the separators.
// REQUIRES: at > 0.
size_t HanSeparatorsEnd(absl::Span<const Point> points, size_t at, bool single);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_DISGUISES_H_
