// What a token says about itself: a run of ASCII without spaces, such as people
// type and programs print.
#ifndef LEVEE_SERVER_TEXT_TOKENS_H_
#define LEVEE_SERVER_TEXT_TOKENS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levee::text {

// What characters a token has; bits.
enum TokenBits : uint16_t {
  kHasLower = 1,
  kHasUpper = 2,
  kHasDigit = 4,
  // ' and -.
  kHasJoiner = 8,
  // . and :
  kHasDot = 16,
  // / and backslash.
  kHasSlash = 32,
  kHasUnderscore = 64,
  kHasAt = 128,
  kHasEquals = 256,
  // < > ( ) { } ; [ ]
  kHasCode = 512,
  // & | $ # " and the rest
  kHasOther = 1024,
  // May stand before a word or behind it and not belong to it.
  kTrimBefore = 2048,
  kTrimBehind = 4096,
};

// Bits of every byte; 0 of what is in no token: white space, controls, and what
// is not ASCII.
extern const std::array<uint16_t, 256> kTokenBits;

inline uint16_t TokenBit(char c) { return kTokenBits[static_cast<uint8_t>(c)]; }

// Whether `token` is no word of any language: an address, the name of a host,
// file, path or identifier, a version, a key, a hash, an option, an
// assignment. `bits`: of its characters. Brackets, quotes and punctuation
// around it were cut off.
bool IsTechnicalToken(std::string_view token, uint16_t bits);

// Bytes of the HTML tag or entity at the start of `text`; 0: there is none.
size_t MarkupSize(std::string_view text);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_TOKENS_H_
