// What a message says, in 152 bytes that can be compared with another's: the
// same text, the same text with something put before or after it, and nearly
// the same text.
#ifndef LEVEE_SERVER_TEXT_FINGERPRINT_H_
#define LEVEE_SERVER_TEXT_FINGERPRINT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/text/minhash.h"
#include "server/text/normalise.h"
#include "server/text/thresholds.h"

namespace levee::text {

// Version of how fingerprints are made. They are stored: only those of one
// version can be compared, so a change of any constant, of what is read or of
// what Normalise makes of it raises it.
inline constexpr uint32_t kFingerprintVersion = 1;

// As many equal bytes of MinHash say "the same text, changed a little".
// tests/eval/near_duplicates.py measures the curve: at this threshold and for
// texts of 80 to 800 characters, every kind of change that was tried is found
// in at least 99 of 100 cases, and of a million pairs of different messages at
// most 22 match. Filled-in forms are alike because the form is: of those more.
inline constexpr int kAlikeBytesMin = kSimilarAtBytes;

// Shorter texts have too few shingles for MinHash: they are compared by
// `exact` alone.
inline constexpr uint32_t kAlikeLengthMin = 30;

struct Fingerprint {
  // Byte i: the low byte of the least of the i-th hash over the text's
  // shingles. The share of equal bytes estimates the Jaccard similarity of
  // their shingles, plus 1/256 of the rest.
  MinHash minhash = {};
  // Hash of all that was read, without what stands between words; 0 where
  // there is nothing.
  uint64_t exact = 0;
  // The same without the first and the last word (of Han: character); 0 where
  // fewer than kInnerLettersMin letters are left.
  uint64_t inner = 0;
  // Characters that were read, one for each gap between words and for each
  // mark between them, and of links two fifths; less than kAlikeLengthMin where
  // there is too little variety to compare.
  uint32_t length = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Letters that an `inner` stands for, at least.
inline constexpr uint32_t kInnerLettersMin = 20;

// Owned by its thread and used again: it keeps its memory.
struct FingerprintScratch {
  // What is hashed as a whole.
  std::vector<char32_t> text;
  std::vector<uint64_t> shingles;
  // Shingles met lately; where a text is long.
  std::vector<uint64_t> met;
};

// The fingerprint of a message: its words, links and technical parts, without
// quotes and signatures. Linear in its length, whatever it says.
Fingerprint FingerprintOf(const Normalised& normalised,
                          FingerprintScratch* scratch);

// How many bytes of the two MinHashes are equal, 0 to 128.
inline int EqualBytes(const Fingerprint& a, const Fingerprint& b) {
  return EqualBytes(a.minhash, b.minhash);
}

// True where MinHash may tell.
inline bool IsComparable(const Fingerprint& fingerprint) {
  return fingerprint.length >= kAlikeLengthMin;
}

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FINGERPRINT_H_
