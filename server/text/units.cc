#include "server/text/units.h"

#include <algorithm>

#include "server/text/key_table.h"

namespace levee::text {
namespace {

// What changes an emoji's looks and not its meaning: joiners, selectors, tones
// of skin.
bool IsModifier(char32_t point) {
  return point == 0x200D || (point >= 0xFE00 && point <= 0xFE0F) ||
         (point >= 0x1F3FB && point <= 0x1F3FF);
}

UnitKind KindOf(WordKind kind) {
  switch (kind) {
    case WordKind::kLatin:
    case WordKind::kLetters:
    case WordKind::kMixed:
      return UnitKind::kWord;
    case WordKind::kHan:
      return UnitKind::kHan;
    case WordKind::kNumber:
      return UnitKind::kNumber;
    case WordKind::kEmoji:
      return UnitKind::kEmoji;
    case WordKind::kPause:
      return UnitKind::kPause;
    case WordKind::kStop:
    case WordKind::kOther:
      break;
  }
  return UnitKind::kOther;
}

// Points that are looked past for a letter: what one separates letters by.
constexpr uint32_t kApartMax = 8;

// The point that the letter `at` of a word came from. Letters and points of a
// word agree but where separators were undone.
uint32_t PointOf(const Normalised& message, const Word& word, uint32_t at,
                 uint32_t from) {
  const char32_t letter = message.letters[at];
  const uint32_t last = std::min(word.last, from + kApartMax);
  for (uint32_t point = from; point < last; ++point) {
    if (message.points[point].value == letter) return point;
  }
  return from < word.last ? from : word.last - 1;
}

// Quotation marks: what opens a passage, and what closes it.
char32_t ClosingOf(char32_t opening) {
  switch (opening) {
    case U'"':
    case U'\uFF02':
      return U'"';
    case U'\u201C':
    case U'\u201E':
      return U'\u201D';
    case U'\u00AB':
      return U'\u00BB';
    case U'\u300C':
      return U'\u300D';
    case U'\u300E':
      return U'\u300F';
    default:
      return 0;
  }
}

// Points of a passage at most.
constexpr uint32_t kQuotedMax = 400;
// What is shorter is a word held up with tongs, and its writer's own: that
// many words, or characters of Han.
constexpr int kQuotedWordsMin = 3;
constexpr int kQuotedHanMin = 5;

// Whether a passage is long enough to be somebody's speech, and not all that
// the message says.
bool IsSpeech(const Normalised& message, uint32_t opening, uint32_t closing) {
  int words = 1;
  int han = 0;
  for (uint32_t i = opening + 1; i < closing; ++i) {
    const PointClass what = message.points[i].what;
    if (what == PointClass::kSpace) ++words;
    if (what == PointClass::kHan) ++han;
  }
  if (words < kQuotedWordsMin && han < kQuotedHanMin) return false;
  const size_t rest = message.points.size() - (closing - opening + 1);
  return rest > kQuotedWordsMin;
}

// One past the passage that the quotation mark at `opening` opens; 0 where it
// opens none.
uint32_t QuotedUntil(const Normalised& message, uint32_t opening,
                     UnitCursor* cursor) {
  char32_t closing = ClosingOf(message.points[opening].value);
  if (closing == 0 || opening < cursor->unclosed_until) return 0;
  const auto size = static_cast<uint32_t>(message.points.size());
  const uint32_t last = std::min(size, opening + kQuotedMax);
  uint32_t at = opening + 1;
  for (bool line_end = false; at < last; ++at) {
    const Point& point = message.points[at];
    const bool ends = point.what == PointClass::kLineEnd;
    if (point.value == closing || (ends && line_end)) break;
    line_end = ends;
  }
  if (at == last || message.points[at].value != closing) {
    cursor->unclosed_until = at;
    return 0;
  }
  return IsSpeech(message, opening, at) ? at + 1 : 0;
}

// Passes over a passage in quotation marks that begins within the word, where
// it is a pause or a stop, or before it. What it holds counts as one unit.
bool PassQuoted(const Normalised& message, UnitCursor* cursor) {
  const Word& word = message.words[cursor->word];
  const bool parts =
      word.kind == WordKind::kPause || word.kind == WordKind::kStop;
  const uint32_t first =
      cursor->word == 0 ? 0 : message.words[cursor->word - 1].last;
  const uint32_t last = parts ? word.last : word.first;
  for (uint32_t i = std::max(first, cursor->quoted_until); i < last; ++i) {
    if (message.points[i].what == PointClass::kSpace) continue;
    const uint32_t until = QuotedUntil(message, i, cursor);
    if (until == 0) continue;
    cursor->quoted_until = until;
    return true;
  }
  return false;
}

void AddWhole(const Word& word, std::vector<Unit>* units) {
  Unit& unit = units->emplace_back();
  unit.begin = word.begin;
  unit.end = word.end;
  unit.first = word.first;
  unit.last = word.last;
  unit.kind = KindOf(word.kind);
  unit.disguised = word.disguised;
  unit.hash = word.hash;
}

// Adds a unit a letter of a word of Han or emoji, from `cursor->letter` on.
// False where the sentence is full before the word is read.
bool AddLetters(const Normalised& message, const Word& word, UnitCursor* cursor,
                std::vector<Unit>* units) {
  uint32_t point = word.first;
  if (cursor->letter > word.begin && !units->empty()) {
    point = units->back().last;
  } else if (cursor->letter > word.begin) {
    point = word.first + (cursor->letter - word.begin);
  }
  for (uint32_t at = cursor->letter; at < word.end; ++at) {
    const char32_t letter = message.letters[at];
    if (IsModifier(letter)) continue;
    if (units->size() == kSentenceUnitsMax) {
      cursor->letter = at;
      return false;
    }
    Unit& unit = units->emplace_back();
    unit.begin = at;
    unit.end = at + 1;
    unit.first = PointOf(message, word, at, point);
    unit.last = unit.first + 1;
    unit.kind = KindOf(word.kind);
    unit.disguised = word.disguised;
    unit.hash = HashStep(kHashSeed, letter);
    point = unit.last;
  }
  return true;
}

}  // namespace

bool HasHan(const Normalised& message) {
  return message.counts[static_cast<size_t>(PointClass::kHan)] > 0;
}

bool NextSentence(const Normalised& message, UnitCursor* cursor,
                  std::vector<Unit>* units) {
  units->clear();
  for (; cursor->word < message.words.size(); ++cursor->word) {
    const Word& word = message.words[cursor->word];
    if (word.first < cursor->quoted_until) continue;
    if (cursor->letter <= word.begin && PassQuoted(message, cursor)) {
      if (units->size() == kSentenceUnitsMax) return true;
      Unit& passage = units->emplace_back();
      passage.first = word.first;
      passage.last = cursor->quoted_until;
      continue;
    }
    if (word.kind == WordKind::kStop) {
      if (units->empty()) continue;
      ++cursor->word;
      break;
    }
    if (word.kind == WordKind::kHan || word.kind == WordKind::kEmoji) {
      if (cursor->letter < word.begin) cursor->letter = word.begin;
      if (!AddLetters(message, word, cursor, units)) return true;
      continue;
    }
    if (units->size() == kSentenceUnitsMax) return true;
    AddWhole(word, units);
  }
  return !units->empty();
}

}  // namespace levee::text
