// UTF-8: well-formedness (Unicode 15, table 3-7), length, cuts.
#include <bit>
#include <cstring>

#include "server/text/facts.h"

namespace levee::text {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

bool IsContinuation(char c) { return (c & 0xC0) == 0x80; }

// Bytes of the well-formed sequence at the start of `bytes`; 0: there is none.
// REQUIRES: not empty.
size_t SequenceAt(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t count = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (bytes.size() < count) return 0;
  // The second byte bars overlong forms, surrogates and what lies beyond
  // U+10FFFF.
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < count; ++i) {
    if (!IsContinuation(bytes[i])) return 0;
  }
  return count;
}

// Bytes of ASCII at the start, counted in steps of eight.
size_t AsciiBlocks(std::string_view bytes) {
  size_t done = 0;
  while (bytes.size() - done >= sizeof(uint64_t)) {
    uint64_t block;
    std::memcpy(&block, bytes.data() + done, sizeof(block));
    if ((block & kHighBits) != 0) break;
    done += sizeof(block);
  }
  return done;
}

// The code point at the start of well-formed text, and its bytes.
struct CodePoint {
  uint32_t value;
  size_t bytes;
};
CodePoint FirstOf(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto low = [&](size_t i) -> uint32_t { return at(i) & 0x3Fu; };
  if (at(0) < 0x80) return {at(0), 1};
  if (at(0) < 0xE0 && text.size() >= 2)
    return {(at(0) & 0x1Fu) << 6 | low(1), 2};
  if (at(0) < 0xF0 && text.size() >= 3) {
    return {(at(0) & 0x0Fu) << 12 | low(1) << 6 | low(2), 3};
  }
  // Beyond the basic plane nothing is white space.
  return {0x10000, text.size() < 4 ? text.size() : 4};
}

// Unicode property White_Space (PropList-15.0.0).
bool IsWhiteSpace(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = FirstOf(text);
    if (!IsWhiteSpace(first.value)) break;
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && IsContinuation(text[begin])) --begin;
    if (!IsWhiteSpace(FirstOf(text.substr(begin)).value)) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

}  // namespace

size_t FirstNonUtf8(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    at += AsciiBlocks(bytes.substr(at));
    // What interrupted the ASCII, and its neighbours.
    for (int i = 0; i < 8 && at < bytes.size(); ++i) {
      const size_t sequence = SequenceAt(bytes.substr(at));
      if (sequence == 0) return at;
      at += sequence;
    }
  }
  return bytes.size();
}

bool IsUtf8(std::string_view bytes) {
  return FirstNonUtf8(bytes) == bytes.size();
}

uint32_t Length(std::string_view text) {
  text = Trimmed(text);
  // In steps of eight: a continuation's high bit is set and the next is not.
  size_t length = text.size();
  size_t at = 0;
  for (; text.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    uint64_t block;
    std::memcpy(&block, text.data() + at, sizeof(block));
    length -= std::popcount(block & ~(block << 1) & kHighBits);
  }
  for (; at < text.size(); ++at) length -= IsContinuation(text[at]) ? 1 : 0;
  return static_cast<uint32_t>(length);
}

std::string_view Scanned(std::string_view text) {
  if (text.size() <= kScanBytesMax) return text;
  size_t end = kScanBytesMax;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace levee::text
