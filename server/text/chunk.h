// As far as a word of letters may go.
#ifndef LEVEE_SERVER_TEXT_CHUNK_H_
#define LEVEE_SERVER_TEXT_CHUNK_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

// A run of letters, digits, signs that stand for letters, and what may stand
// between them: an apostrophe or a hyphen, the marks of a number.
struct Chunk {
  size_t end = 0;
  // Points of each kind.
  uint32_t latin = 0;
  uint32_t other = 0;
  uint32_t digits = 0;
  uint32_t signs = 0;
};

// The chunk that begins at `at`. Linear in its length.
Chunk ChunkAt(absl::Span<const Point> points, size_t at);

// What joins the letters of a word and is left out of it.
bool IsApostrophe(char32_t value);
bool IsHyphen(char32_t value);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_CHUNK_H_
