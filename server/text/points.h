// From bytes to folded points.
#ifndef LEVEE_SERVER_TEXT_POINTS_H_
#define LEVEE_SERVER_TEXT_POINTS_H_

#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

// Appends the folded points of `text`. At most kPointsPerByte for each byte.
// REQUIRES: `text` is well-formed UTF-8; `regions` are ascending, apart and
// begin and end between its code points.
void FoldText(std::string_view text, absl::Span<const Region> regions,
              std::vector<Point>* points);

// The code point at `at`.
// REQUIRES: `text` is well-formed UTF-8 and one begins there.
char32_t CodePointAt(std::string_view text, size_t at);

// U+FDFA, three bytes, folds to 18.
inline constexpr size_t kPointsPerByte = 6;

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_POINTS_H_
