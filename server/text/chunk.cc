#include "server/text/chunk.h"

#include "server/text/disguises.h"

namespace levee::text {
namespace {

bool IsLetter(absl::Span<const Point> points, size_t at) {
  return IsOwn(points, at, PointClass::kLatin) ||
         IsOwn(points, at, PointClass::kLetter);
}

// Whether a sign at `at` stands for a letter of the chunk so far.
bool IsSignWithin(absl::Span<const Point> points, size_t begin, size_t at,
                  const Chunk& chunk) {
  if (at > begin && chunk.latin + chunk.signs == 0) return false;
  return chunk.other == 0 && IsSignForLetter(points, begin, at);
}

// An apostrophe or hyphen between letters; the marks of a number.
bool IsJoiner(absl::Span<const Point> points, size_t begin, size_t at,
              const Chunk& chunk) {
  if (at == begin) return false;
  const char32_t value = points[at].value;
  if (chunk.digits > 0 && chunk.latin + chunk.other + chunk.signs == 0) {
    return (value == '.' || value == ',' || value == ':') &&
           IsOwn(points, at + 1, PointClass::kDigit);
  }
  return (IsApostrophe(value) || IsHyphen(value)) && IsLetter(points, at + 1) &&
         IsLetterOrDigit(points, at - 1);
}

}  // namespace

bool IsApostrophe(char32_t value) {
  return value == '\'' || value == 0x2019 || value == 0x2018 ||
         value == 0x02BC || value == '`' || value == 0xB4;
}

bool IsHyphen(char32_t value) {
  return value == '-' || value == 0x2010 || value == 0x2011;
}

Chunk ChunkAt(absl::Span<const Point> points, size_t at) {
  Chunk chunk;
  size_t end = at;
  for (; const Point* point = OwnPoint(points, end); ++end) {
    if (point->what == PointClass::kLatin) {
      ++chunk.latin;
    } else if (point->what == PointClass::kLetter) {
      ++chunk.other;
    } else if (point->what == PointClass::kDigit) {
      ++chunk.digits;
    } else if (point->what == PointClass::kSpace ||
               point->what == PointClass::kHan) {
      break;
    } else if (IsSignWithin(points, at, end, chunk)) {
      ++chunk.signs;
    } else if (!IsJoiner(points, at, end, chunk)) {
      break;
    }
  }
  chunk.end = end;
  return chunk;
}

}  // namespace levee::text
