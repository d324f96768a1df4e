// Words as a line that a test can hold against what it expects.
#ifndef LEVEE_TESTS_SERVER_TEXT_SHOW_WORDS_H_
#define LEVEE_TESTS_SERVER_TEXT_SHOW_WORDS_H_

#include <string>
#include <string_view>

#include "server/text/normalise.h"

namespace levee::text {

inline std::string Utf8(char32_t c) {
  std::string bytes;
  const auto add = [&](char32_t byte) {
    bytes += static_cast<char>(static_cast<uint8_t>(byte));
  };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0 | c >> 6);
    add(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    add(0xE0 | c >> 12);
    add(0x80 | (c >> 6 & 0x3F));
    add(0x80 | (c & 0x3F));
  } else {
    add(0xF0 | c >> 18);
    add(0x80 | (c >> 12 & 0x3F));
    add(0x80 | (c >> 6 & 0x3F));
    add(0x80 | (c & 0x3F));
  }
  return bytes;
}

// Letters, with ~ before a word of mixed signs, # before a number and ! behind
// what is disguised; a stop is ".", a pause ",", what is not the writer's own
// "<>".
inline std::string ShowWord(const Normalised& message, const Word& word) {
  std::string shown;
  for (uint32_t i = word.begin; i < word.end; ++i) {
    shown += Utf8(message.letters[i]);
  }
  switch (word.kind) {
    case WordKind::kMixed:
      shown = "~" + shown;
      break;
    case WordKind::kNumber:
      shown = "#" + shown;
      break;
    case WordKind::kStop:
      shown = ".";
      break;
    case WordKind::kPause:
      shown = ",";
      break;
    case WordKind::kOther:
      shown = "<>";
      break;
    default:
      break;
  }
  return word.disguised ? shown + "!" : shown;
}

// All words with a space between them.
inline std::string ShowWords(const Normalised& message) {
  std::string shown;
  for (const Word& word : message.words) {
    if (!shown.empty()) shown += ' ';
    shown += ShowWord(message, word);
  }
  return shown;
}

}  // namespace levee::text

#endif  // LEVEE_TESTS_SERVER_TEXT_SHOW_WORDS_H_
